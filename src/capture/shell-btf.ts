// How a shell script finds offsets in BTF with od, tail, tr and awk.

/**
 * Shell functions: `find_offsets FILE` sets `ki_res`, `ki_ctx` and `user_id`, in bytes, or calls
 * `die` with the reason. BTF is read as streams: what is kept of it are a few numbers. Only members
 * that have a name and are in the struct itself are found, which is true of all three.
 */
export const FIND_OFFSETS = String.raw`
# The header of BTF: "TYPES BYTES STRINGS BYTES", where the two sections begin and their lengths.
btf_header() {
  od -An -v -tu1 -N24 "$1" | awk '
    { for (i = 1; i <= NF; i++) byte[n++] = $i }
    function word(at) {
      isBig = byte[0] == 235
      sum = 0
      for (i = 0; i < 4; i++) sum = sum * 256 + byte[at + (isBig ? i : 3 - i)]
      return sum
    }
    END {
      if (n == 24 && (byte[0] == 159 && byte[1] == 235 || byte[0] == 235 && byte[1] == 159))
        print word(4) + word(8), word(12), word(4) + word(16), word(20)
    }'
}

# Where the names that matter are in the strings of BTF: lines "NAME OFFSET".
btf_names() {
  tail -c "+$(($2 + 1))" "$1" | tr '\000' '\n' | LC_ALL=C awk -v end="$3" '
    at >= end { exit }
    /^(aio_kiocb|kioctx|ki_res|ki_ctx|user_id)$/ { print $0, at }
    { at += length($0) + 1 }'
}

# The offsets, of the names and then the words of the types of BTF: "KI_RES KI_CTX USER_ID".
btf_members() {
  {
    btf_names "$1" "$4" "$5"
    echo types
    tail -c "+$(($2 + 1))" "$1" | od -An -v -tu4
  } | awk -v words="$(($3 / 4))" '
    !isTypes && $1 == "types" { isTypes = 1; next }
    !isTypes { name[$2] = $1; next }
    {
      for (i = 1; i <= NF && words > 0; i++) {
        words--
        if (skip > 0) skip--
        else take($i)
      }
      if (words <= 0 || count == 3) exit
    }
    function take(word) {
      if (members > 0) { member(word); return }
      if (part == 0) type = name[word]
      if (part == 1) info = word
      if (++part < 3) return
      part = 0
      kind = int(info / 16777216) % 32
      length_ = info % 65536
      isStruct = kind == 4 && (type == "aio_kiocb" || type == "kioctx")
      if (isStruct) members = 3 * length_
      else if (kind == 4 || kind == 5 || kind == 15 || kind == 19) skip = 3 * length_
      else if (kind == 6 || kind == 13) skip = 2 * length_
      else if (kind == 3) skip = 3
      else if (kind == 1 || kind == 14 || kind == 17) skip = 1
      else if (kind == 0 || kind > 19) words = 0
    }
    function member(word) {
      if (members % 3 == 0) field = name[word]
      if (members-- % 3 != 1) return
      if (field == "" || (type == "kioctx") != (field == "user_id") || field in offset) return
      offset[field] = (info >= 2147483648 ? word % 16777216 : word) / 8
      count++
    }
    END { if (count == 3) print offset["ki_res"], offset["ki_ctx"], offset["user_id"] }'
}

# Sets ki_res, ki_ctx and user_id: where these members are in struct aio_kiocb and struct kioctx.
find_offsets() {
  advice='print this script with its BTF on another: aioscope capture --print-script sh --btf FILE'
  [ -r "$1" ] || die "this kernel has no BTF ($1); $advice"
  set -- "$1" $(btf_header "$1")
  [ $# = 5 ] || die "$1 is not BTF; $advice"
  set -- "$1" $(btf_members "$@")
  [ $# = 4 ] || die "$1 does not say where ki_res, ki_ctx and user_id are; $advice"
  ki_res=$2 ki_ctx=$3 user_id=$4
}
`;
