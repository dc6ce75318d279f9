// Configuration files of a small ClickHouse node on loopback, as 18.16 and later read them.
import { createHash } from 'node:crypto';

const FOLDERS = ['data', 'tmp', 'user_files', 'format_schemas', 'log'];
export const foldersOf = (folder) => FOLDERS.map((name) => `${folder}/${name}`);

/** Each node is a shard, or with `isReplicated` all are replicas of one shard. */
function shardsOf({ nodes, isReplicated }) {
  const replicas = nodes.map(
    ({ tcp }) => `<replica><host>127.0.0.1</host><port>${tcp}</port></replica>`,
  );
  const shards = isReplicated ? [replicas.join('')] : replicas;
  return shards
    .map((each) => `<shard><internal_replication>true</internal_replication>${each}</shard>`)
    .join('\n      ');
}

function keeperOf({ keeper }) {
  if (keeper === undefined) return '';
  return `<zookeeper><node><host>127.0.0.1</host><port>${keeper.port}</port></node></zookeeper>
  <distributed_ddl><path>/clickhouse/task_queue/ddl</path></distributed_ddl>`;
}

function tlsOf({ tls }, { https }) {
  if (tls === undefined) return '';
  return `<https_port>${https}</https_port>
  <openSSL><server>
    <certificateFile>${tls.certificate}</certificateFile>
    <privateKeyFile>${tls.key}</privateKeyFile>
    <verificationMode>none</verificationMode><loadDefaultCAFile>false</loadDefaultCAFile>
    <disableProtocols>sslv2,sslv3</disableProtocols>
  </server></openSSL>`;
}

/** config.xml of a node: little memory, no logs in tables, no port but on 127.0.0.1. */
export function configOf(cluster, node) {
  const { folder, http, tcp, interserver, number } = node;
  const shard = cluster.isReplicated ? 1 : number;
  return `<?xml version="1.0"?>
<yandex>
  <logger><level>warning</level>
    <log>${folder}/log/server.log</log><errorlog>${folder}/log/error.log</errorlog>
    <size>100M</size><count>2</count></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>${http}</http_port>
  <tcp_port>${tcp}</tcp_port>
  <interserver_http_port>${interserver}</interserver_http_port>
  <interserver_http_host>127.0.0.1</interserver_http_host>
  <path>${folder}/data/</path>
  <tmp_path>${folder}/tmp/</tmp_path>
  <user_files_path>${folder}/user_files/</user_files_path>
  <format_schema_path>${folder}/format_schemas/</format_schema_path>
  <users_config>${folder}/users.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <timezone>UTC</timezone>
  <mark_cache_size>67108864</mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <max_concurrent_queries>100</max_concurrent_queries>
  <max_connections>256</max_connections>
  <keep_alive_timeout>10</keep_alive_timeout>
  <remote_servers>
    <aio>
      ${shardsOf(cluster)}
    </aio>
  </remote_servers>
  <macros><shard>${shard}</shard><replica>r${number}</replica></macros>
  ${keeperOf(cluster)}
  ${tlsOf(cluster, node)}
</yandex>
`;
}

const user = (name, password) => `    <${name}>
      ${password}
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile><quota>default</quota>
    </${name}>`;

/** users.xml of a node: `default` without a password, and `loader` with one. */
export function usersOf({ password }) {
  const digest = createHash('sha256').update(password).digest('hex');
  return `<?xml version="1.0"?>
<yandex>
  <profiles><default>
    <max_memory_usage>2000000000</max_memory_usage>
    <background_pool_size>2</background_pool_size>
    <load_balancing>random</load_balancing>
  </default></profiles>
  <users>
${user('default', '<password></password>')}
${user('loader', `<password_sha256_hex>${digest}</password_sha256_hex>`)}
  </users>
  <quotas><default><interval>
    <duration>3600</duration><queries>0</queries><errors>0</errors>
    <result_rows>0</result_rows><read_rows>0</read_rows><execution_time>0</execution_time>
  </interval></default></quotas>
</yandex>
`;
}

/** zoo.cfg of one ZooKeeper without an election. */
export const keeperConfigOf = ({ folder, port }) => `tickTime=2000
dataDir=${folder}/data
clientPort=${port}
clientPortAddress=127.0.0.1
admin.enableServer=false
4lw.commands.whitelist=ruok
maxClientCnxns=0
`;
