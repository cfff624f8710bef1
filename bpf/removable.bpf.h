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
	char name[8] = {};
	const char *bus = device->bus->name;

	return bus && pw_copy_name(name, sizeof(name), (__u64)bus) > 0 && name[0] == 'u' &&
	       name[1] == 's' && name[2] == 'b' && !name[3];
}

static __noinline int pw_ask_devices(struct gendisk *disk)
{
	struct device *device = disk->part0->bd_device.parent;
	__u32 i;

	if (disk->flags & PW_GENHD_REMOVABLE)
		return 1;
	for (i = 0; i < PW_DEVICE_LEVELS && device; i++) {
		if (device->removable == bpf_core_enum_value(enum device_removable,
							     DEVICE_REMOVABLE) ||
		    pw_is_on_usb(device))
			return 1;
		device = device->parent;
	}

	return 0;
}

static __noinline int pw_is_removable(struct super_block *sb)
{
	struct block_device *bdev = sb->s_bdev;
	struct gendisk *disk;
	__u32 *known, answer;
	__u64 seq;

	if (!bdev)
		return 0;
	disk = bdev->bd_disk;
	seq = disk->diskseq;
	known = bpf_map_lookup_elem(&disks, &seq);
	if (known)
		return *known != 0;
	answer = pw_ask_devices(disk);
	bpf_map_update_elem(&disks, &seq, &answer, BPF_ANY);

	return answer != 0;
}

#endif
