/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a file system lies on a removable or hot-plugged device: the disk says
 * so, a device above it does, or it hangs on USB. Asked of the device tree once
 * a disk; diskseq is never given twice, so what is remembered cannot go stale.
 */
#ifndef PW_REMOVABLE_BPF_H
#define PW_REMOVABLE_BPF_H

#define PW_GENHD_REMOVABLE 1
#define PW_DEVICE_LEVELS 8

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 256);
	__type(key, __u64);
	__type(value, __u32);
} disks SEC(".maps");

static __always_inline int pw_is_on_usb(const struct device *device)
{
	__u64 name = 0, usb = 0;

	__builtin_memcpy(&usb, "usb", sizeof("usb"));
	pw_copy_name((char *)&name, sizeof(name), (__u64)device->bus->name);

	return name == usb;
}

/* A device and what those below it said. */
struct pw_device_walk {
	struct device *device;
	__u32 removable;
};

static long pw_ask_device(__u32 level, struct pw_device_walk *walk)
{
	struct device *device = walk->device;

	if (!device)
		return 1;
	if (device->removable == bpf_core_enum_value(enum device_removable, DEVICE_REMOVABLE) ||
	    pw_is_on_usb(device)) {
		walk->removable = 1;
		return 1;
	}
	walk->device = device->parent;

	return 0;
}

static __noinline __u32 pw_ask_devices(struct gendisk *disk)
{
	struct pw_device_walk walk = {
		.device = disk->part0->bd_device.parent,
		.removable = PW_OPAQUE(disk->flags & PW_GENHD_REMOVABLE),
	};

	bpf_loop(PW_DEVICE_LEVELS, pw_ask_device, &walk, 0);

	return walk.removable;
}

static __noinline int pw_is_removable(struct super_block *sb)
{
	struct block_device *bdev = sb->s_bdev;
	struct gendisk *disk;
	__u32 *known, answer;
	__u64 seq;

	if (!bdev)
		return PW_OPAQUE(0);
	disk = bdev->bd_disk;
	seq = disk->diskseq;
	known = bpf_map_lookup_elem(&disks, &seq);
	if (known)
		return *known;
	answer = pw_ask_devices(disk);
	bpf_map_update_elem(&disks, &seq, &answer, BPF_ANY);

	return answer;
}

#endif
