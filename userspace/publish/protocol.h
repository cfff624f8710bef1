/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the command and the daemon say to each other over PW_CONTROL_SOCKET:
 * a stream socket, one request and one response a connection, each one JSON
 * object that ends with a newline. Both sides refuse what is longer than
 * PW_PROTOCOL_MAX and what carries a member they do not know.
 *
 * Request: "command" and its arguments.
 *   apply    {"sources":[{"name":S,"text":S,"site":B},...], "allow_downgrade":B, "wait":B}
 *            sources[0] is the policy, one with "site" (else absent) the file of a site, the others
 *            answer its includes by name.
 *            or {"bundle":S, ...}: the file of a bundle in Base64 (docs/bundle-format.md)
 *            -> "policy", "version", "generation": what is in force now
 *            The answer to a request with "wait" comes when the scan is over. With "try_ms":N it is on
 *            probation for so long: without `confirm` the policy before it is in force again then.
 *   confirm  what is on probation stays
 *   revert   what is on probation goes, and the policy before it is in force again
 *   status   -> "status": the object that `phiward status --json` prints
 *   policy   -> "sources", as in apply: the policy in force; absent where there is none
 *   doctor   -> "requirements": [{"name":S,"ok":B,"why":S,"fix":S},...]
 *   canary   -> "canary": {"file":B,"net":B}, true where it was refused and counted
 *   unload
 *   why      {"about":S, "since":N, "subject":S}, all optional; N: ns since 1970
 *            -> "why": {"text":S, "refusals":N, "allowed":N, "lost":N}, of the newest records,
 *            without the path of any file: for those who may not read the log
 *   report   {"digest":S}, the SHA-256 of a report of the log: a record is made of it
 *   breakglass  {"service":B, "for_ms":N, "reason":S, "ticket":S, "subject":S, "object":S,
 *            "token":S}, the last four and "service" optional; the token in Base64
 *            -> "session": as in PW_RUN_DIR/PW_GLASS_STATUS
 *   breakglass-end
 *   review   {"session":N, "note":S}
 *   foresee  {"pid":N, "path":S} or {"pid":N, "addr":S, "port":N}: what the process would be allowed
 *            -> "foreseen": {"may":B, "mode":S, "lines":[S,...]}; "may": read it, or connect by TCP
 *   drain    writes to the log what is in the rings; afterwards all of it can be read
 *
 * Response: {"ok":B,"code":N,"errors":[S,...],"warnings":[S,...],"notes":[S,...]}
 * and the member named above. "code" is the exit code of the command. Errors of a
 * policy have the form FILE:LINE:COL: error: text.
 *
 * Who may ask is decided by the peer's credentials: root, or a member of the group. Who may open
 * and end a session stands in the policy, and root may not unless it is named. With "bundle",
 * "try_ms" and no other member PW_GROUP_FLEET may send `apply` too: what it hands in is judged by its
 * signatures.
 */
#ifndef PW_PUBLISH_PROTOCOL_H
#define PW_PUBLISH_PROTOCOL_H

#define PW_PROTOCOL_MAX (16 * 1024 * 1024)

#define PW_COMMAND_APPLY "apply"	/* PW_GROUP_ADMIN */
#define PW_COMMAND_CONFIRM "confirm"	/* PW_GROUP_ADMIN, and who put it on probation */
#define PW_COMMAND_REVERT "revert"	/* the same */
#define PW_COMMAND_STATUS "status"	/* PW_GROUP_VIEW, and both others */
#define PW_COMMAND_POLICY "policy"	/* PW_GROUP_ADMIN */
#define PW_COMMAND_DOCTOR "doctor"	/* the same */
#define PW_COMMAND_CANARY "canary"	/* the same */
#define PW_COMMAND_WHY "why"		/* the same */
#define PW_COMMAND_FORESEE "foresee"	/* the same */
#define PW_COMMAND_DRAIN "drain"	/* the same */
#define PW_COMMAND_REPORT "report"	/* PW_GROUP_AUDIT */
#define PW_COMMAND_REVIEW "review"	/* PW_GROUP_AUDIT */
#define PW_COMMAND_GLASS "breakglass"	/* whom the policy names, and who has a token if it says so */
#define PW_COMMAND_GLASS_END "breakglass-end"	/* the same, and PW_GROUP_ADMIN */
#define PW_COMMAND_SEAL "seal"		/* PW_GROUP_ADMIN */
#define PW_COMMAND_UNLOAD "unload"	/* PW_GROUP_ADMIN */

#define PW_GROUP_VIEW "phiward-view"
#define PW_GROUP_AUDIT "phiward-audit"
#define PW_GROUP_ADMIN "phiward-admin"
#define PW_GROUP_FLEET "phiward-fleet"	/* sees what PW_GROUP_VIEW does, and hands in signed bundles */

/* Exit codes, and "code" of a response. */
enum pw_exit {
	PW_EXIT_YES = 0,	/* yes, or done */
	PW_EXIT_NO = 1,		/* invalid, broken, not enforcing, refusals found */
	PW_EXIT_USAGE = 2,
	PW_EXIT_UNKNOWN = 3,	/* cannot tell: no key, no daemon, no rights */
	PW_EXIT_INTERNAL = 4,
};

#endif
