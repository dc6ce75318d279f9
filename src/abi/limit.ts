/**
 * The most bytes that one request moves: INT_MAX rounded down to a 4 KiB page. Longer ones are
 * clamped.
 * Source: include/linux/fs.h.
 */
export const MAX_RW_COUNT = 0x7ffff000;

/** The most iovecs of one request. Source: include/uapi/linux/uio.h. */
export const UIO_MAXIOV = 1024;

/** User space ends below 2^56 on x86-64 with five-level page tables. */
export const ADDRESS_BITS_MAX = 56;
/**
 * User space ends below 2^47 with four-level page tables.
 * Source: arch/x86/include/asm/page_64_types.h.
 */
export const ADDRESS_BITS = 47;

/** The smallest alignment of buffer, length and offset under O_DIRECT on most devices. */
export const SECTOR_BYTES = 512;

/** The largest poll mask: 16 bits. */
export const POLL_MASK_MAX = 0xffff;
