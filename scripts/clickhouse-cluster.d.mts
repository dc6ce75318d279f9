/** How a cluster is started. */
export interface ClusterOptions {
  /** Servers, 2 by default: each a shard. */
  readonly nodes?: number;
  /** Whether each node also has a port for HTTPS. */
  readonly tls?: boolean;
  /** Whether a ZooKeeper runs, for replicated tables. */
  readonly zookeeper?: boolean;
  /** Whether all nodes are replicas of one shard. */
  readonly replicated?: boolean;
  /** Size of the disk of the last node, as mount(8) takes it: a tmpfs. */
  readonly disk?: string;
  /** Whether the servers end when the process that started them ends; true by default. */
  readonly endsWithParent?: boolean;
}

/** A server. */
export interface Node {
  /** Counted from 1. */
  readonly number: number;
  readonly folder: string;
  readonly url: string;
  readonly httpsUrl?: string;
  readonly http: number;
  readonly tcp: number;
  readonly https?: number;
  readonly pid: number;
}

/** What `start` prints. */
export interface Cluster {
  readonly folder: string;
  /** Name in remote_servers. */
  readonly name: string;
  /** A user whose password is needed; `default` has none. */
  readonly user: string;
  readonly password: string;
  readonly tls?: { readonly ca: string };
  readonly nodes: readonly Node[];
}

export function missing(options?: ClusterOptions): string;
export function startCluster(folder: string, options?: ClusterOptions): Promise<Cluster>;
export function clusterIn(folder: string): Cluster;
export function killNode(cluster: Cluster, number: number): Promise<void>;
export function restartNode(cluster: Cluster, number: number): Promise<void>;
export function stopCluster(cluster: Cluster, signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
