/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is pinned, and where. Maps and links outlive the daemon; a daemon that
 * starts opens them by these paths and checks each against the ABI.
 */
#ifndef PW_PUBLISH_PINS_H
#define PW_PUBLISH_PINS_H

#define PW_BPF_FS "/sys/fs/bpf"
#define PW_PIN_DIR PW_BPF_FS "/phiward"
#define PW_PIN_MAPS PW_PIN_DIR "/maps"		/* one file a map, by its name in bpf/maps.bpf.h */
#define PW_PIN_LINKS PW_PIN_DIR "/links"	/* one file a program */
#define PW_PIN_PROGRAMS PW_PIN_DIR "/programs"	/* those run by hand: note, iterators */

#define PW_STATE_DIR "/var/lib/phiward"
#define PW_LOG_DIR "/var/log/phiward"
#define PW_CACHE_DIR "/var/cache/phiward"	/* indexes of the log; phiwardd knows nothing of it */
#define PW_RUN_DIR "/run/phiward"
#define PW_BOOT_DIR "/run/phiward-boot"		/* the accepted policy, as the initramfs had it */
#define PW_CONTROL_SOCKET PW_RUN_DIR "/control"
#define PW_ACTOR_SOCKET PW_RUN_DIR "/actor"
#define PW_GLASS_STATUS "breakglass"		/* in PW_RUN_DIR, for whoever shows it on a screen */
#define PW_CANARY_FILE PW_RUN_DIR "/canary"
#define PW_POLICY_FILE "/etc/phiward/policy.yaml"
/* The site's file over it, when there is one. */
#define PW_SITE_FILE "/etc/phiward/site.yaml"

#endif
