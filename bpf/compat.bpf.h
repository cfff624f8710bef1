/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that phiward runs on, each with its
 * version, and the constants that BTF does not carry.
 *
 * Programs: `lsm/HOOK` is not loaded where bpf_lsm_HOOK is absent. Where the
 * number of a hook's arguments changed there are two programs, named
 * pw_HOOK_2arg and pw_HOOK_3arg; the loader takes the one that fits the
 * kernel's prototype.
 */
#ifndef PW_COMPAT_BPF_H
#define PW_COMPAT_BPF_H

#define NULL ((void *)0)

#define PW_ENOENT 2
#define PW_EACCES 13
#define PW_EBUSY 16

#define PW_S_IFMT 0170000
#define PW_S_IFIFO 0010000
#define PW_S_IFCHR 0020000
#define PW_S_IFDIR 0040000
#define PW_S_IFBLK 0060000
#define PW_S_IFREG 0100000
#define PW_S_IFLNK 0120000
#define PW_S_IFSOCK 0140000

#define PW_MAY_EXEC 1
#define PW_MAY_WRITE 2
#define PW_MAY_READ 4

#define PW_FMODE_READ 0x1
#define PW_FMODE_WRITE 0x2
#define PW_FMODE_PATH 0x4000
#define PW_FMODE_ATOMIC_POS 0x8000	/* do_dentry_open(): of regular files and directories alone */
#define PW_FMODE_CREATED 0x100000
#define PW_O_EXEC 0x20		/* __FMODE_EXEC, kept in f_flags */

#define PW_PTRACE_READ 1
#define PW_PTRACE_ATTACH 2
#define PW_PTRACE_NOAUDIT 4

#define PW_PF_DUMPCORE 0x200
#define PW_PF_KTHREAD 0x200000

#define PW_SB_NOUSER (1U << 31)	/* file systems that nobody mounts: memfd, pipes */

#define PW_MAJOR(dev) ((dev) >> 20)
#define PW_MINOR(dev) ((dev) & 0xfffff)

#define PW_NO_ID 0xffffffffU	/* no audit login uid, no session */

/*
 * Set by the loader before the programs are loaded. Under
 * lockdown=confidentiality bpf_probe_read_kernel does not exist; the branches
 * that call it are then dead and dropped by the verifier.
 */
const volatile __u8 pw_can_probe;

/* An index below @size, a power of two, in a form whose bound the verifier keeps. */
#define PW_INDEX(index, size)                                                                      \
	({                                                                                         \
		__u64 index_ = (index);                                                            \
		barrier_var(index_);                                                               \
		index_ &= (size) - 1;                                                              \
		barrier_var(index_);                                                               \
		index_;                                                                            \
	})

/*
 * A value that the verifier does not follow. It checks what comes after a
 * choice between constants once for each of them; behind this, once. And older
 * verifiers check a bpf_loop callback for its first round only, so what a
 * round branches on must not begin as a known constant.
 */
#define PW_OPAQUE(value) ((value) + *(volatile __u32 *)&shared.state.zero)

/*
 * The same for what becomes any number of 64 bits in a round of bpf_loop: where it begins as one of
 * 32, newer verifiers check all rounds once more.
 */
#define PW_OPAQUE64(value) ((value) + (__u64)PW_OPAQUE(0) * PW_HASH_FACTOR)

/*
 * @pointer to read from: no helper takes what is found behind it. For each pointer that is read from a
 * trusted one, kernels from 6.4 until 6.19 look for four names among all their types, from the first to
 * the last; loading took four times as long. So all of this is compiled twice, and they get what
 * does not ask whether a pointer is trusted: bpf_rdonly_cast() of 6.2 says that it is not.
 */
#ifdef PW_CAST
extern void *bpf_rdonly_cast(const void *pointer, __u32 type) __ksym;
#define PW_PLAIN(pointer)                                                                          \
	((typeof(pointer))bpf_rdonly_cast(pointer, bpf_core_type_id_kernel(*(pointer))))
#else
#define PW_PLAIN(pointer) (pointer)
#endif

/*
 * Copies at most @size - 1 bytes of the name at @address and a NUL. Returns
 * the bytes written with the NUL, or a negative errno; 1 for an empty name.
 */
static __always_inline long pw_copy_name(char *to, __u32 size, __u64 address)
{
	long n;

	if (pw_can_probe)
		return bpf_probe_read_kernel_str(to, size, (const void *)address);

	n = bpf_snprintf(to, size, "%s", &address, sizeof(address));
	return n > (long)size ? (long)size : n;
}

/*
 * What is mapped from overlayfs is a file of the file system below. Its path is the one above until 6.6; from
 * 6.7 on that stands behind such a file (struct backing_file), which has FMODE_BACKING, 1 << 25 and from
 * 6.14 on 1 << 24: set by the loader, 0 where there is none.
 */
const volatile __u32 pw_backing_mode;

/* The entry itself holds the names that are short, under another name from 6.14 on. */
union shortname_store___new {
	unsigned long words[4];
} __attribute__((preserve_access_index));

struct dentry___new {
	union shortname_store___new d_shortname;
} __attribute__((preserve_access_index));

/* Where in an entry a short name stands. */
static __always_inline __u32 pw_short_name_offset(void)
{
	if (bpf_core_field_exists(struct dentry___new, d_shortname))
		return bpf_core_field_offset(struct dentry___new, d_shortname);

	return bpf_core_field_offset(struct dentry, d_iname);
}

/* Eight bytes of @dentry's name, which is short, from byte 8 * @i on, a constant. */
#define pw_word_of_name(dentry, i)                                                                 \
	({                                                                                         \
		__u64 word_;                                                                       \
		if (bpf_core_field_exists(struct dentry___new, d_shortname))                       \
			word_ = ((struct dentry___new *)(dentry))->d_shortname.words[i];           \
		else                                                                               \
			word_ = *(const __u64 *)&(dentry)->d_iname[(i) * 8];                       \
		barrier_var(word_);                                                                \
		word_;                                                                             \
	})

#endif
