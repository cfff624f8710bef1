// SPDX-License-Identifier: BSD-2-Clause
/* What the programs look at before they ask any map: pw_bank.fs_at, .root_at and .known. */
#include <string.h>

#include "publish/build.h"

static void place_file_systems(struct pw_bank *bank)
{
	bool all = bank->flags & PW_BANK_REMOVABLE;

	for (uint32_t i = 0; i < bank->nfs; i++) {
		const struct pw_fs *fs = &bank->fs[i];
		uint8_t *at = &bank->fs_at[PW_FS_SLOT(fs->id.lo)];

		if (*at != 0 || all || fs->object != PW_OBJECT_NONE)
			*at = PW_FS_MANY;
		else
			*at = (uint8_t)((i + 1) |
					(fs->flags & PW_FS_OBJECTS ? PW_FS_AT_OBJECTS : 0) |
					(fs->flags & PW_FS_CODE ? PW_FS_AT_CODE : 0));
	}
	for (uint32_t i = 0; i < bank->nfs; i++)
		all = all || (bank->fs[i].id.lo == 0 && bank->fs[i].id.hi != PW_FS_BY_DEV);
	for (uint32_t i = 0; all && i < PW_FS_SLOTS; i++)
		if (bank->fs_at[i] == 0)
			bank->fs_at[i] = PW_FS_MANY;
}

static void place_roots(struct pw_bank *bank, const struct pw_table *roots)
{
	uint32_t itself = 1, holder = PW_KNOWN_HOLDERS;

	for (size_t i = 0; i < roots->n; i++) {
		struct pw_known known;
		uint32_t *next, end;
		uint8_t *at;

		memcpy(&known.key, roots->keys + i * roots->key_size, sizeof(known.key));
		memcpy(&known.root, roots->values + i * roots->value_size, sizeof(known.root));
		at = &bank->root_at[PW_ROOT_SLOT(known.key.ino, known.key.fs)];
		next = known.root.flags & PW_ROOT_ITSELF ? &itself : &holder;
		end = known.root.flags & PW_ROOT_ITSELF ? PW_KNOWN_HOLDERS : PW_KNOWN_MANY;
		if (*at != 0 || *next == end) {
			*at = PW_KNOWN_MANY;
			continue;
		}
		bank->known[*next] = known;
		*at = (uint8_t)(*next)++;
	}
}

void pw_build_known(struct pw_build *build)
{
	place_file_systems(&build->image->bank);
	place_roots(&build->image->bank, &build->image->tables[PW_MAP_ROOTS]);
}
