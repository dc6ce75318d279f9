/** No request moves more bytes: longer ones are cut to this, INT_MAX down to a page of 4 KiB. Source: include/linux/fs.h. */
export const MAX_RW_COUNT = 0x7ffff000;

/** The most iovecs that a request may have. Source: include/uapi/linux/uio.h. */
export const UIO_MAXIOV = 1024;

/** User space ends below 2^56 on x86-64, with five-level page tables too. */
export const ADDRESS_BITS_MAX = 56;
/** With four-level page tables it ends below 2^47. Source: arch/x86/include/asm/page_64_types.h. */
export const ADDRESS_BITS = 47;

/** What O_DIRECT asks of buffer, length and offset at the least, on most devices. */
export const SECTOR_BYTES = 512;

/** A poll mask has 16 bits. */
export const POLL_MASK_MAX = 0xffff;
