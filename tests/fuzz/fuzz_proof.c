// SPDX-License-Identifier: BSD-2-Clause
/* Bytes of a proof: refused, or the same after it was written again. Also as anchor. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "audit/proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(const struct pw_proof *proof)
{
	char *text = pw_proof_write(proof);
	struct pw_proof again;

	if (!text || pw_proof_read(text, strlen(text), &again) < 0 ||
	    again.length != proof->length || memcmp(again.line, proof->line, proof->length) != 0 ||
	    again.index != proof->index || again.path.n != proof->path.n ||
	    again.cms_length != proof->cms_length ||
	    pw_proof_check(&again) != pw_proof_check(proof))
		abort();
	pw_proof_done(&again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct pw_checkpoint checkpoint;
	struct pw_proof proof;

	memcpy(text, data, size);
	text[size] = '\0';
	if (pw_proof_read(text, size, &proof) == 0) {
		write_again(&proof);
		pw_proof_done(&proof);
	}
	pw_checkpoint_parse_anchor(text, &checkpoint);
	if (pw_checkpoint_parse(text, &checkpoint) == 0) {
		char again[PW_CHECKPOINT_MAX];

		if (pw_checkpoint_text(&checkpoint, again) != strlen(text) ||
		    strcmp(again, text) != 0)
			abort();
	}
	free(text);
	return 0;
}
