// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <phiward/version.h>

#include "cli/command.h"
#include "common/cleanup.h"
#include "common/words.h"

static const struct pw_command commands[] = {
	{ "check", "[--site FILE] FILE...", "validate policies",
	  "  Reads each FILE and what it includes. Errors, warnings and notes go to standard\n"
	  "  error, each with its position. Exit code 0, or 1 when a FILE has an error.\n\n"
	  "  --site FILE  with a site's file over each of them\n\n"
	  "  Needs no rights, no daemon and no kernel support.\n",
	  pw_cmd_check },
	{ "test", "[--site FILE] POLICY CASES...", "try what programs may do under a policy, and what not",
	  "  CASES        a file of test cases: what a subject or a program may do, and may not\n"
	  "  --site FILE  with a site's file over the policy\n\n"
	  "  Decides as the kernel does, without one: needs no rights and no daemon. Exits with 1\n"
	  "  when a case does not hold, or a file has an error.\n",
	  pw_cmd_test },
	{ "show", "[--merged] [--site FILE] POLICY", "a policy, and where each of its lines comes from",
	  "  Prints one policy that needs no other file: with what it includes, and its parameters.\n\n"
	  "  --site FILE  with the parameters of a site's file\n"
	  "  --merged     and with all that it changes: what is in force\n\n"
	  "  Needs no rights, no daemon and no kernel support.\n",
	  pw_cmd_show },
	{ "diff", "[--fail-on-widening] [--json] [--site-a FILE] [--site-b FILE] [A] B",
	  "what a policy allows and denies that another does not",
	  "  Compares what the policies A and B say, as sets: subjects with places and actions, with\n"
	  "  addresses and ports, and all else. Order, names of peers and comments are no difference.\n"
	  "  Without A, B is compared with what is in force.\n\n"
	  "  --fail-on-widening  exit with 1 when B allows anything that A does not\n"
	  "  --json              for programs\n"
	  "  --site-a FILE       with a site's file over A\n"
	  "  --site-b FILE       and over B\n\n"
	  "  With A, it needs no rights, no daemon and no kernel support.\n",
	  pw_cmd_diff },
	{ "apply", "[--dry-run] [--try TIME] [--site FILE] [--allow-downgrade] [--wait] FILE",
	  "put a policy into force",
	  "  FILE  a policy, which is checked with what it includes, or a signed bundle\n\n"
	  "  It is swapped in at once, for new and for running processes. On any error the policy\n"
	  "  in force stays. Where there is a /etc/phiward/trust.yaml, or while sealed, only a\n"
	  "  bundle that is signed as it requires is taken. Where the health checks of a bundle do\n"
	  "  not hold, the policy before is in force again.\n\n"
	  "  --dry-run          only check a policy, and show what would change\n"
	  "  --try TIME         for so long, as 5m; unless it is confirmed by then the policy before\n"
	  "                     is in force again, also when phiwardd ended or the machine restarted\n"
	  "  --site FILE        with a site's file over the policy\n"
	  "  --allow-downgrade  accept a version that is lower than the one in force\n"
	  "  --wait             until hard links made before the policy are found\n",
	  pw_cmd_apply },
	{ "confirm", "", "keep the policy that apply --try put into force", NULL, pw_cmd_confirm },
	{ "revert", "", "put the policy into force again that was before apply --try", NULL,
	  pw_cmd_revert },
	{ "bundle build", "-o BUNDLE MANIFEST", "put a policy and what belongs to it into one file",
	  "  Reads MANIFEST, the policy that it names and what this includes. The BUNDLE that is\n"
	  "  written is signed by nobody.\n",
	  pw_cmd_bundle_build },
	{ "bundle token", "-o FILE TOKEN", "make a token of break-glass, to be signed as a bundle is",
	  "  TOKEN is what it says: for which device, from when to when, for how long and how wide.\n",
	  pw_cmd_bundle_token },
	{ "bundle sign", "--key KEY --certificate FILE [-o FILE] BUNDLE", "add a signature to a bundle",
	  "  --key KEY           the private key: a file, or a URI of OpenSSL's providers, as\n"
	  "                      pkcs11:token=...;object=...\n"
	  "  --certificate FILE  its certificate, and those that lead to the one that is trusted\n"
	  "  -o FILE             write this one instead of BUNDLE\n",
	  pw_cmd_bundle_sign },
	{ "bundle verify", "[--trust FILE] [--device FILE] BUNDLE",
	  "whether enough of those who are trusted have signed a bundle",
	  "  --trust FILE   default /etc/phiward/trust.yaml\n"
	  "  --device FILE  default /etc/phiward/device.yaml, where there is one\n\n"
	  "  Needs no rights and no daemon. Exits with 1 when the bundle would be refused.\n",
	  pw_cmd_bundle_verify },
	{ "bundle inspect", "[--json | --file NAME] BUNDLE", "what is in a bundle, and who has signed it",
	  "  --file NAME  the text of that file alone\n\n"
	  "  Nothing of it is judged: `phiward bundle verify` does that.\n",
	  pw_cmd_bundle_inspect },
	{ "publish", "DIR [BUNDLE] --channel C [--percent N] [--tags T,...]\n"
	  "                       [--canary N --from F --ca FILE | --canaries SERIAL,...] [--hold T]\n"
	  "                       [--advance --from F --ca FILE] [--pause | --resume]",
	  "give a bundle to the consoles of a channel",
	  "  DIR             a tree of files for any web server; it is made where it is not there\n"
	  "  BUNDLE          a signed bundle, of a higher version than the channel has;\n"
	  "                  without one what the channel has goes to others\n"
	  "  --channel C     as consoles name it in /etc/phiward/fleet.yaml\n"
	  "  --percent N     of the consoles, as 12.5; default all with a new bundle, else as before\n"
	  "  --tags T,...    only those with one of these tags in their device.yaml\n"
	  "  --canary N      only N consoles that are well, until it is advanced\n"
	  "  --canaries S,...  the same with these serials\n"
	  "  --hold T        so long they have to have it, as 24h\n"
	  "  --advance       on from the canaries to the others, if each of them has told that it has had\n"
	  "                  it for so long, is healthy, and has refused nothing since\n"
	  "  --refusals N    or only N kinds of things\n"
	  "  --from F        their status records: a database or a directory, as of `fleet status`, or twice\n"
	  "  --ca FILE       whose devices are believed\n"
	  "  --pause         nobody gets it who does not have it\n"
	  "  --resume        on with it\n",
	  pw_cmd_publish },
	{ "fleet status", "[--database URL] [--dir DIR] [--ca FILE] [--tree DIR]\n"
	  "                            [--devices FILE] [--all | --json] [-o FILE]",
	  "all consoles of a fleet, and which of them need a person first",
	  "  --database URL  PostgreSQL with fleet.sql, as 'dbname=phiward' or postgresql://...\n"
	  "  --dir DIR       the status records as a web server has put them; with both, the newest of each\n"
	  "  --ca FILE       whose devices are believed; without it no signature is looked at\n"
	  "  --tree DIR      what was published: who should have it by now and does not is behind\n"
	  "  --devices FILE  which consoles there are: who never told anything, and who is not among them\n"
	  "  --all           also those that are well\n"
	  "  --json          for programs\n"
	  "  -o FILE         and a page for a browser, which needs nothing else\n\n"
	  "  Exits with 1 when a console needs a person: it was never seen, is silent, does not enforce, lost\n"
	  "  records, is in rescue, has a session of break-glass open, did not keep a bundle, or is behind.\n",
	  pw_cmd_fleet_status },
	{ "status", "[--json]", "what is really enforced",
	  "  Works without the daemon for root. Exits with 0 when phiward enforces, else with 1.\n",
	  pw_cmd_status },
	{ "doctor", "", "what this kernel and set-up lack, and what to do", NULL, pw_cmd_doctor },
	{ "why", "[PROGRAM|PATH|HOST:PORT] [--since T]", "the last refusals, and what they mean",
	  "  PROGRAM    name or path of a program: what it was refused\n"
	  "  PATH       a file, or a directory and all below it\n"
	  "  HOST:PORT  a peer, by address or by its name in the policy\n"
	  "  --since T  a time as in systemd.time(7); default -24h\n\n"
	  "  Exits with 1 when there are refusals, with 0 when there are none.\n",
	  pw_cmd_why },
	{ "explain", "SEQ [DIR]\n       phiward explain --pid P --path F\n       phiward explain --pid P --connect IP:PORT",
	  "one record in plain words, or what a process would be allowed",
	  "  SEQ  the record's number, as `audit query` shows it\n"
	  "  DIR  a copy of a log; default /var/log/phiward\n\n"
	  "  Of a record: who, what, why, and what would allow it. Exits with 1 when the log has no such.\n\n"
	  "  --pid P            what this process would be allowed, by its subject, without trying it\n"
	  "  --path F           with a file, or a directory and what is below it\n"
	  "  --connect IP:PORT  with a peer\n\n"
	  "  Exits with 1 when it may not read the file, or not connect by TCP.\n",
	  pw_cmd_explain },
	{ "report", "[--since T] [--until T] [--for public] [--key FILE] [--anchor FILE|TEXT]\n"
	  "                  -o FILE [DIR]",
	  "who accessed what, as a page for an auditor",
	  "  --since T, --until T  times as in systemd.time(7): -1h, yesterday, '2026-11-23 02:10'\n"
	  "  --for public          without any path or person\n"
	  "  --key FILE            as in `phiward audit verify`: without it the log is only consistent\n"
	  "  --anchor A            as there\n"
	  "  -o FILE               one HTML file that needs nothing else\n"
	  "  DIR                   a copy of a log; default /var/log/phiward, and then phiwardd\n"
	  "                        records that the report was made, and its SHA-256\n",
	  pw_cmd_report },
	{ "selftest", "", "test the live console without touching patient data",
	  "  Prints a page to be signed. Root sees all of it.\n", pw_cmd_selftest },
	{ "actor", "NAME\n       phiward actor --nobody", "state who is at the console, from a program that may",
	  "  For scripts that the policy has in a subject with `says_who`, or that are run by\n"
	  "  its members. It stands in the records of that subject, and of those that the policy\n"
	  "  names, until something else is stated or the script ends.\n\n"
	  "  NAME      login@domain\n"
	  "  --nobody  from now on nobody is\n",
	  pw_cmd_actor },
	{ "breakglass", "--reason TEXT --for TIME [--subject S|--object O] [--token FILE]\n"
	  "                          [--service] [--ticket T]\n"
	  "       phiward breakglass --end",
	  "in an emergency: open for a while what the policy refuses, as far as it lets you",
	  "  --reason TEXT  why; it stands in the log, which others read: no names of patients\n"
	  "  --for TIME     how long: 15m; at most `longest` of the policy. The kernel ends it\n"
	  "  --subject S    what members of S are refused is not refused,\n"
	  "  --object O     or what everybody is refused in O; without both: all that the policy\n"
	  "                 names under `breakglass`\n"
	  "  --token FILE   a token that was signed for this device: for who is not named there\n"
	  "  --service      for a vendor's engineer: by `service` of the policy, with a ticket\n"
	  "  --ticket T     its number\n"
	  "  --end          the emergency is over\n\n"
	  "  It is said on the console, all that it lets pass is recorded, and each session waits\n"
	  "  for its review by somebody else.\n",
	  pw_cmd_breakglass },
	{ "review", "[--all] [--json] [DIR]\n       phiward review SESSION --note TEXT",
	  "sessions of break-glass that nobody has reviewed",
	  "  --all        also those that are reviewed\n"
	  "  --json       one JSON object a line\n"
	  "  DIR          a copy of a log; default /var/log/phiward\n"
	  "  --note TEXT  what was found: signs the session off, by a member of phiward-audit who\n"
	  "               did not open it\n\n"
	  "  Exits with 1 when sessions wait for their review, else with 0.\n",
	  pw_cmd_review },
	{ "seal", "", "until the next boot: no other policy, no unloading, nothing new in the kernel",
	  "  Modules, another kernel and settings of the kernel are then only for subjects that\n"
	  "  have the right in `system:`. There is no way back but to restart the machine.\n",
	  pw_cmd_seal },
	{ "unload", "", "take the policy out of force; refused when it is sealed", NULL,
	  pw_cmd_unload },
	{ "audit query", "[--since T] [--until T] [--subject S] [--object O] [--program P]\n"
	  "                       [--path GLOB] [--user U] [--verdict V] [--type T]\n"
	  "                       [--after SEQ] [-n N|+N] [--json] [DIR]",
	  "records of the log, newest last",
	  "  --since T, --until T  times as in systemd.time(7): -1h, yesterday, '2026-11-23 02:10'\n"
	  "  --subject S           who it was: a subject of the policy, or others\n"
	  "  --object O            whose data\n"
	  "  --program P           its path, its last name, or what it calls itself\n"
	  "  --path GLOB           the file; * also matches slashes\n"
	  "  --user U              runs as U or was logged in as U; a name or a number\n"
	  "  --verdict V           allow or deny\n"
	  "  --type T              file, net, exec, tamper, policy, gap, breakglass or system\n"
	  "  --after SEQ           only what stands in the log behind the record with this number\n"
	  "  -n N, --lines N       the last N of them; +N: the first N\n"
	  "  --json                one JSON object a line, as it stands in the log\n"
	  "  DIR                   a copy of a log; default /var/log/phiward\n",
	  pw_cmd_audit_query },
	{ "audit verify", "[--key FILE] [--anchor FILE|TEXT] [DIR]",
	  "whether the log is whole, or where it is broken",
	  "  --key FILE     the auditor's private key (PEM), or keys of boots, or the key file of the\n"
	  "                 log: with it `complete`, without it only `consistent`\n"
	  "  --anchor A     a checkpoint that left the machine, as a file or as the text\n"
	  "                 'phiward/LOG/SEGMENT SIZE ROOT': the log has to contain it\n"
	  "  DIR            a copy of a log; default /var/log/phiward\n\n"
	  "  Exits with 0 when it is whole, with 1 when it is broken or a boot has no record, and\n"
	  "  with 3 when that cannot be told.\n",
	  pw_cmd_audit_verify },
	{ "audit prove", "SEQ [DIR]\n"
	  "       phiward audit prove --check FILE [--key FILE]",
	  "a proof that one record stands in the log",
	  "  SEQ           the record's number; the proof is printed as JSON\n"
	  "  DIR           a copy of a log; default /var/log/phiward\n"
	  "  --check FILE  check such a proof, without the log\n"
	  "  --key FILE    and who sealed it, as in `phiward audit verify`\n",
	  pw_cmd_audit_prove },
	{ "audit digest", "--key FILE [--log DIR] ROOT PATH...",
	  "what stands for a file in records of an object with `path_in_record: digest`",
	  "  --key FILE  the auditor's private key (PEM), or the key of the digests itself\n"
	  "  --log DIR   a copy of a log, with path-key.cms; default /var/log/phiward\n"
	  "  ROOT        the path of the object, as the policy names it\n"
	  "  PATH        a file or directory below it; it does not have to exist\n\n"
	  "  Search for what is printed with `phiward audit query --path '*DIGEST'`.\n",
	  pw_cmd_audit_digest },
	{ "audit tail", "[-f]", "the last records; with -f, also those to come", NULL,
	  pw_cmd_audit_tail },
};

int pw_fail(int code, const char *format, ...)
{
	va_list arguments;

	fputs("phiward: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return code;
}

int pw_flush(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	return pw_fail(PW_EXIT_INTERNAL, "cannot write the output: %s", strerror(errno));
}

void pw_print_usage(const struct pw_command *command, bool to_stderr)
{
	fprintf(to_stderr ? stderr : stdout, "usage: phiward %s %s\n", command->name,
		command->arguments);
}

int pw_usage(const struct pw_command *command, int option)
{
	pw_print_usage(command, option != 'h');
	if (option != 'h')
		return PW_EXIT_USAGE;
	printf("\n%s\n", command->summary);
	if (command->help)
		printf("\n%s", command->help);
	return pw_flush(PW_EXIT_YES);
}

static int print_help(void)
{
	puts("usage: phiward COMMAND [ARGUMENTS]\n\nCommands:");
	for (size_t i = 0; i < PW_ARRAY_SIZE(commands); i++)
		printf("  %-14s  %s\n", commands[i].name, commands[i].summary);
	puts("\n`phiward COMMAND --help` says more about a command.\n"
	     "Exit codes: 0 yes or done, 1 no, 2 wrong usage, 3 cannot tell, 4 internal error.");
	return pw_flush(PW_EXIT_YES);
}

/* How many words of argv are the command's name, 0 when it is another command. */
static int words_of(const struct pw_command *command, int argc, char **argv)
{
	const char *space = strchr(command->name, ' ');
	size_t first = space ? (size_t)(space - command->name) : strlen(command->name);

	if (argc < 2 || strlen(argv[1]) != first || strncmp(argv[1], command->name, first) != 0)
		return 0;
	if (!space)
		return 1;
	return argc > 2 && strcmp(argv[2], space + 1) == 0 ? 2 : 0;
}

static int unknown_command(int argc, char **argv)
{
	const bool group = !strcmp(argv[1], "audit") || !strcmp(argv[1], "bundle") ||
			   !strcmp(argv[1], "fleet");
	char given[64];
	struct pw_near near = { .text = given };

	if (argc == 2 && group)
		return pw_fail(PW_EXIT_USAGE, "'%s' needs %s; see: phiward --help", argv[1],
			       *argv[1] == 'a' ? "'query', 'tail', 'verify', 'prove' or 'digest'" :
			       *argv[1] == 'f' ? "'status'" :
						 "'build', 'sign', 'verify' or 'inspect'");
	snprintf(given, sizeof(given), "%s%s%s", argv[1], group ? " " : "", group ? argv[2] : "");
	for (size_t i = 0; i < PW_ARRAY_SIZE(commands); i++)
		pw_near_offer(&near, commands[i].name);
	if (near.best)
		return pw_fail(PW_EXIT_USAGE, "there is no command '%s'; did you mean '%s'?",
			       given, near.best);
	return pw_fail(PW_EXIT_USAGE, "there is no command '%s'; see: phiward --help", given);
}

int main(int argc, char **argv)
{
	setlocale(LC_ALL, "");
	if (argc < 2) {
		print_help();
		return PW_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return print_help();
	if (!strcmp(argv[1], "--version")) {
		puts("phiward " PW_VERSION);
		return pw_flush(PW_EXIT_YES);
	}
	for (size_t i = 0; i < PW_ARRAY_SIZE(commands); i++) {
		int words = words_of(&commands[i], argc, argv);

		if (words)
			return commands[i].run(&commands[i], argc - words, argv + words);
	}
	return unknown_command(argc, argv);
}
