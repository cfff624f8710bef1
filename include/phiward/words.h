/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The words of phiward: actions, verdicts, modes, record types and the reasons
 * for a loss. Compiled by the BPF programs, by the kernel module and by
 * userspace; the numbers are part of the ABI and are never reused.
 *
 * Each list is written once. PW_X_LIST() is expanded to the enum here and to
 * the name table in userspace/common/words.c, so they cannot drift apart.
 * Zero is always "invalid" and never allows anything.
 */
#ifndef PHIWARD_WORDS_H
#define PHIWARD_WORDS_H

#define PW_ENUM_ENTRY(name, text) name,

/* What a record and a rule speak of; never the name of a hook. */
#define PW_ACTION_LIST(X)                                                                          \
	X(PW_ACTION_INVALID, "invalid")                                                            \
	X(PW_ACTION_READ, "read")                                                                  \
	X(PW_ACTION_WRITE, "write")                                                                \
	X(PW_ACTION_CREATE, "create")                                                              \
	X(PW_ACTION_DELETE, "delete")                                                              \
	X(PW_ACTION_RENAME, "rename")                                                              \
	X(PW_ACTION_LINK, "link")                                                                  \
	X(PW_ACTION_ATTR, "attr")                                                                  \
	X(PW_ACTION_EXEC, "exec")                                                                  \
	X(PW_ACTION_CONNECT, "connect")                                                            \
	X(PW_ACTION_LISTEN, "listen")                                                              \
	X(PW_ACTION_SEND, "send")                                                                  \
	/* Not in rules: what only tamper, policy and system records speak of. */                  \
	X(PW_ACTION_TRACE, "trace")                                                                \
	X(PW_ACTION_MOUNT, "mount")                                                                \
	X(PW_ACTION_RAW, "raw")                                                                    \
	X(PW_ACTION_BPF, "bpf")                                                                    \
	X(PW_ACTION_TUNE, "tune")                                                                  \
	X(PW_ACTION_RECEIVE, "receive")                                                            \
	X(PW_ACTION_SIGNAL, "signal")                                                              \
	X(PW_ACTION_APPLY, "apply")                                                                \
	X(PW_ACTION_UNLOAD, "unload")                                                              \
	X(PW_ACTION_START, "start")                                                                \
	X(PW_ACTION_STOP, "stop")                                                                  \
	X(PW_ACTION_CANARY, "canary")                                                              \
	X(PW_ACTION_ADOPT, "adopt")                                                                \
	X(PW_ACTION_SEAL, "seal")                                                                  \
	X(PW_ACTION_MODULE, "module")                                                              \
	X(PW_ACTION_KEXEC, "kexec")                                                                \
	X(PW_ACTION_SPACE, "space")                                                                \
	X(PW_ACTION_EXPIRE, "expire")                                                              \
	X(PW_ACTION_REPORT, "report")                                                              \
	X(PW_ACTION_REVIEW, "review")                                                              \
	X(PW_ACTION_CONFIRM, "confirm")                                                            \
	X(PW_ACTION_RETURN, "return")

enum pw_action { PW_ACTION_LIST(PW_ENUM_ENTRY) PW_ACTION_MAX_ };

#define PW_ACTION_BIT(action) (1U << ((action) - 1))
/* The actions a rule may name under `access:`: the first ones, before PW_ACTION_FILES_END. */
#define PW_ACTION_FILES_END (PW_ACTION_EXEC + 1)
#define PW_ACTIONS_OF_FILES                                                                        \
	(PW_ACTION_BIT(PW_ACTION_READ) | PW_ACTION_BIT(PW_ACTION_WRITE) |                          \
	 PW_ACTION_BIT(PW_ACTION_CREATE) | PW_ACTION_BIT(PW_ACTION_DELETE) |                       \
	 PW_ACTION_BIT(PW_ACTION_RENAME) | PW_ACTION_BIT(PW_ACTION_LINK) |                         \
	 PW_ACTION_BIT(PW_ACTION_ATTR) | PW_ACTION_BIT(PW_ACTION_EXEC))
_Static_assert(PW_ACTIONS_OF_FILES == PW_ACTION_BIT(PW_ACTION_FILES_END) - 1, "they are the first");

#define PW_VERDICT_LIST(X)                                                                         \
	X(PW_VERDICT_INVALID, "invalid")                                                           \
	X(PW_VERDICT_DENY, "deny")                                                                 \
	X(PW_VERDICT_ALLOW, "allow")

enum pw_verdict { PW_VERDICT_LIST(PW_ENUM_ENTRY) PW_VERDICT_MAX_ };

#define PW_MODE_LIST(X)                                                                            \
	X(PW_MODE_INVALID, "invalid")                                                              \
	X(PW_MODE_ENFORCE, "enforce")                                                              \
	X(PW_MODE_PERMISSIVE, "permissive")

enum pw_mode { PW_MODE_LIST(PW_ENUM_ENTRY) PW_MODE_MAX_ };

/* How far the kernel command line may go. */
#define PW_RESCUE_LIST(X)                                                                          \
	X(PW_RESCUE_INVALID, "invalid")                                                            \
	X(PW_RESCUE_OFF, "off")                                                                    \
	X(PW_RESCUE_PERMISSIVE, "permissive")                                                      \
	X(PW_RESCUE_NONE, "none")

enum pw_rescue { PW_RESCUE_LIST(PW_ENUM_ENTRY) PW_RESCUE_MAX_ };

#define PW_RECORD_LIST(X)                                                                          \
	X(PW_RECORD_INVALID, "invalid")                                                            \
	X(PW_RECORD_FILE, "file")                                                                  \
	X(PW_RECORD_NET, "net")                                                                    \
	X(PW_RECORD_EXEC, "exec")                                                                  \
	X(PW_RECORD_TAMPER, "tamper")                                                              \
	X(PW_RECORD_POLICY, "policy")                                                              \
	X(PW_RECORD_GAP, "gap")                                                                    \
	X(PW_RECORD_BREAKGLASS, "breakglass")                                                      \
	X(PW_RECORD_SYSTEM, "system")

enum pw_record_type { PW_RECORD_LIST(PW_ENUM_ENTRY) PW_RECORD_MAX_ };

/* What an object wants recorded. */
#define PW_AUDIT_LIST(X)                                                                           \
	X(PW_AUDIT_INVALID, "invalid")                                                             \
	X(PW_AUDIT_ALL, "all")                                                                     \
	X(PW_AUDIT_DENIED, "denied")                                                               \
	X(PW_AUDIT_NONE, "none")

enum pw_audit { PW_AUDIT_LIST(PW_ENUM_ENTRY) PW_AUDIT_MAX_ };

#define PW_ON_LOSS_LIST(X)                                                                         \
	X(PW_ON_LOSS_INVALID, "invalid")                                                           \
	X(PW_ON_LOSS_KEEP_WORKING, "keep_working")                                                 \
	X(PW_ON_LOSS_DENY, "deny")

enum pw_on_loss { PW_ON_LOSS_LIST(PW_ENUM_ENTRY) PW_ON_LOSS_MAX_ };

/*
 * Why the verdict is what it is. The rule that allowed is in the record's rule
 * field; this says what decided when no rule did, and is what `why` explains.
 */
#define PW_REASON_LIST(X)                                                                          \
	X(PW_REASON_INVALID, "invalid")                                                            \
	X(PW_REASON_RULE, "a rule")                                                                \
	X(PW_REASON_NO_RULE, "no rule allows it")                                                  \
	X(PW_REASON_STRANGER, "the program is in no subject of the policy")                        \
	X(PW_REASON_UNRESOLVED, "where the file lies cannot be resolved, so it is protected")      \
	X(PW_REASON_PENDING, "the place is reserved for an object that is not resolved yet")       \
	X(PW_REASON_NEVER_BLOCK, "the subject is never blocked")                                   \
	X(PW_REASON_WRITES, "the file is neither in an object it may write nor in its writes")     \
	X(PW_REASON_DOOR, "the port or socket gives access to an object and is not open to it")    \
	X(PW_REASON_STARTED_BY, "the program was not started by whom the policy names")            \
	X(PW_REASON_USER, "the program does not run as a user the policy names")                   \
	X(PW_REASON_BORDER, "the border of an object lies between the two names")                  \
	X(PW_REASON_MEMBER, "a member of a subject is not open to other programs")                 \
	X(PW_REASON_STORAGE, "raw storage needs `system: [storage]`")                              \
	X(PW_REASON_GATE, "loading programs into the kernel is refused while phiward enforces")    \
	X(PW_REASON_TRACING, "tracing and probing need `system: [trace]`; memory is closed")       \
	X(PW_REASON_SWITCH, "it would switch phiward off")                                         \
	X(PW_REASON_NO_RECORD, "no record could be made and the object is denied without one")     \
	X(PW_REASON_ADMIN, "the administrator's command")                                          \
	X(PW_REASON_COVER, "a mount there would cover an object")                                  \
	X(PW_REASON_FAMILY, "this kind of socket is in no rule")                                   \
	X(PW_REASON_NETNS, "network rules hold in the first network namespace only")               \
	X(PW_REASON_OWN_ADDRESS, "the address of a rule is this machine's own: its peer is not there") \
	X(PW_REASON_CODE, "the process maps code that is not the program's own")                   \
	X(PW_REASON_TRACED, "the process is being traced")                                         \
	X(PW_REASON_PASSED, "the descriptor was not opened under the present policy")              \
	X(PW_REASON_PASS_FOR, "a process cannot pass for another program")                         \
	X(PW_REASON_BUG, "an impossible state was met; phiward denies then and counts it")         \
	X(PW_REASON_LOGIN, "only root opens login sessions")                                       \
	X(PW_REASON_SCRIPT, "a script is a program of the policy by its path there only")          \
	X(PW_REASON_CODE_SET, "programs, libraries and what is protected change by updates only")  \
	X(PW_REASON_NETADMIN, "changing the network needs `system: [netadmin]`")                   \
	X(PW_REASON_MODULES, "loading kernel modules needs `system: [modules]`")                   \
	X(PW_REASON_KEXEC, "loading another kernel needs `system: [kexec]`")                       \
	X(PW_REASON_KERNEL, "this setting of the kernel needs `system: [kernel]`")                 \
	X(PW_REASON_POWER, "restarting the machine needs `system: [power]`")                       \
	X(PW_REASON_CLOCK, "setting the clock needs `system: [clock]`")                            \
	X(PW_REASON_DISPLAY, "screens and input devices need `system: [display]`")                 \
	X(PW_REASON_SELF, "phiward guards its own process, files and programs in the kernel")      \
	X(PW_REASON_ELSEWHERE, "it does not see the directories that PID 1 sees")                  \
	X(PW_REASON_SEALED, "phiward is sealed until the next boot")                               \
	X(PW_REASON_FOREIGN, "phiwardd found other files or mounts than those it was sealed with") \
	X(PW_REASON_LOG, "the log's own: its room, and how long the policy keeps it")              \
	X(PW_REASON_UNSIGNED, "it is not what trust.yaml requires: signed, valid and no older one") \
	X(PW_REASON_BREAKGLASS, "it would be refused, but break-glass is open for it")

enum pw_reason { PW_REASON_LIST(PW_ENUM_ENTRY) PW_REASON_MAX_ };

/* Why an issued sequence number has no line of its own. */
#define PW_LOSS_LIST(X)                                                                            \
	X(PW_LOSS_INVALID, "invalid")                                                              \
	X(PW_LOSS_RING_MEMBERS, "ring of members full")                                            \
	X(PW_LOSS_RING_OTHERS, "ring of others full")                                              \
	X(PW_LOSS_RING_TAMPER, "ring of tampering full")                                           \
	X(PW_LOSS_DISK, "the log could not be written")                                            \
	X(PW_LOSS_UNKNOWN, "reason not known")

enum pw_loss { PW_LOSS_LIST(PW_ENUM_ENTRY) PW_LOSS_MAX_ };

#define PW_PROTO_LIST(X)                                                                           \
	X(PW_PROTO_INVALID, "invalid")                                                             \
	X(PW_PROTO_TCP, "tcp")                                                                     \
	X(PW_PROTO_UDP, "udp")                                                                     \
	X(PW_PROTO_UNIX, "unix")                                                                   \
	X(PW_PROTO_RAW, "raw")

enum pw_proto { PW_PROTO_LIST(PW_ENUM_ENTRY) PW_PROTO_MAX_ };

#define PW_DIRECTION_LIST(X)                                                                       \
	X(PW_DIRECTION_INVALID, "invalid")                                                         \
	X(PW_DIRECTION_OUT, "connect")                                                             \
	X(PW_DIRECTION_IN, "listen")                                                               \
	X(PW_DIRECTION_ANSWER, "answers")

enum pw_direction { PW_DIRECTION_LIST(PW_ENUM_ENTRY) PW_DIRECTION_MAX_ };

/* `- raw: [...]`: what addresses cannot describe. */
#define PW_RAW_LIST(X)                                                                             \
	X(PW_RAW_INVALID, "invalid")                                                               \
	X(PW_RAW_PACKET, "packet")                                                                 \
	X(PW_RAW_ICMP, "icmp")                                                                     \
	X(PW_RAW_VSOCK, "vsock")                                                                   \
	X(PW_RAW_BLUETOOTH, "bluetooth")                                                           \
	X(PW_RAW_CAN, "can")                                                                       \
	X(PW_RAW_XDP, "xdp")                                                                       \
	X(PW_RAW_TUN, "tun")

enum pw_raw { PW_RAW_LIST(PW_ENUM_ENTRY) PW_RAW_MAX_ };

#define PW_RAW_BIT(raw) (1U << ((raw) - 1))

/* `system:` of a subject: rights beyond files and peers. */
#define PW_SYSTEM_LIST(X)                                                                          \
	X(PW_SYSTEM_INVALID, "invalid")                                                            \
	X(PW_SYSTEM_STORAGE, "storage")                                                            \
	X(PW_SYSTEM_MODULES, "modules")                                                            \
	X(PW_SYSTEM_KEXEC, "kexec")                                                                \
	X(PW_SYSTEM_NETADMIN, "netadmin")                                                          \
	X(PW_SYSTEM_TRACE, "trace")                                                                \
	X(PW_SYSTEM_KERNEL, "kernel")                                                              \
	X(PW_SYSTEM_POWER, "power")                                                                \
	X(PW_SYSTEM_CLOCK, "clock")                                                                \
	X(PW_SYSTEM_DISPLAY, "display")

enum pw_system { PW_SYSTEM_LIST(PW_ENUM_ENTRY) PW_SYSTEM_MAX_ };

#define PW_SYSTEM_BIT(system) (1U << ((system) - 1))

#endif
