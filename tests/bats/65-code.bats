# SPDX-License-Identifier: BSD-2-Clause
# Code sets: programs, libraries and what is protected like them change by updates only, and
# members map nothing else as code.

load lib/phiward

exchange() {
	perl -e 'syscall(316, -100, $ARGV[0], -100, $ARGV[1], 2) and die "$!\n"' "$@"
}

setup_file() {
	mkdir -p /srv/dicom /opt/vendor/{bin,lib,etc,share} /opt/elsewhere
	echo image > /srv/dicom/code.dcm
	cp /usr/bin/cat /opt/vendor/bin/viewer
	cp /usr/bin/tac /opt/vendor/bin/next
	echo 'aet: CT1' > /opt/vendor/etc/viewer.conf
	echo font > /opt/vendor/share/font
	cp "$(ldconfig -p | sed -n 's/.*libz\.so\.1 .* => //p' | head -n 1)" /opt/vendor/lib/libplugin.so
	cp /opt/vendor/lib/libplugin.so /opt/elsewhere/
	echo notice > /opt/elsewhere/notice
	mkdir /run/vm/lib
	cp /opt/vendor/lib/libplugin.so /run/vm/lib/
	ln -s vendor/etc /opt/config
	start_phiward /dev/stdin <<-'END'
	phiward: 1
	name: code
	mode: enforce
	include: [lab.yaml]
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	subjects:
	  viewer:
	    exec: [/opt/vendor/bin/viewer, /usr/local/bin/mapper]
	    started_by: [anyone]
	    code: [/usr, /lib, /lib64, /opt/vendor/lib, /run/vm/lib]
	    protect: [/opt/vendor/etc, /opt/config, /opt/vendor/absent.conf]
	    access: {images: [read]}
	    writes: [pipe, tty]
	others: {network: allow}
	END
}

teardown_file() {
	load lib/phiward
	reset_phiward
	rm -rf /opt/vendor /opt/elsewhere /opt/config /run/vm/lib /run/vm/say /srv/dicom/code.dcm
}

setup() { mark; }

assert_code_record() {
	assert_record type=tamper verdict=deny enforced=true subject=others "$@"
}

@test "code: programs and libraries are written by updates only" {
	assert_refused cp /usr/bin/tac /opt/vendor/bin/viewer
	assert_code_record action=write path=/opt/vendor/bin/viewer
	assert_refused cp /usr/bin/tac /usr/bin/added
	assert_code_record action=create path=/usr/bin/added
	assert_refused cp /opt/elsewhere/libplugin.so /opt/vendor/lib/libplugin.so
	assert_refused truncate -s 0 /opt/vendor/lib/libplugin.so
	assert_refused rm -f /opt/vendor/lib/libplugin.so
	assert_code_record action=delete path=/opt/vendor/lib/libplugin.so
	assert_refused mkdir /usr/lib/added
	assert_refused ln -s /opt/elsewhere /usr/lib/added
	assert_refused mknod /usr/lib/added c 1 3
	assert_allowed lab cp /opt/elsewhere/libplugin.so /opt/vendor/lib/libplugin.so
	assert_allowed lab mkdir /usr/lib/added
	assert_allowed lab rmdir /usr/lib/added
	assert_allowed touch /opt/elsewhere/a /opt/vendor/share/font
}

@test "code: what is protected is kept like code" {
	assert_refused cp /opt/elsewhere/notice /opt/vendor/etc/viewer.conf
	assert_refused sed -i s/CT1/CT2/ /opt/vendor/etc/viewer.conf
	assert_refused touch /opt/vendor/etc/more.conf
	assert_code_record action=create path=/opt/vendor/etc/more.conf
	assert_refused touch /opt/vendor/absent.conf
	assert_code_record action=create path=/opt/vendor/absent.conf
	assert_allowed lab sh -c 'echo "aet: CT2" > /opt/vendor/etc/viewer.conf'
	assert_allowed lab rm /opt/vendor/etc/viewer.conf
	assert_allowed lab cp /opt/elsewhere/notice /opt/vendor/etc/viewer.conf
	assert_allowed touch /opt/vendor/other.conf
}

@test "code: attributes of it, and of what is none" {
	assert_refused chmod u+s /opt/vendor/bin/viewer
	assert_code_record action=attr path=/opt/vendor/bin/viewer
	assert_refused chown mallory /usr/bin/tac
	assert_refused setfattr -n user.note -v x /opt/vendor/etc
	assert_refused touch -d yesterday /opt/vendor/lib/libplugin.so
	assert_allowed lab chmod 755 /opt/vendor/bin/viewer
	assert_allowed chmod 700 /opt/elsewhere/libplugin.so
}

@test "code: it is not renamed, linked or exchanged, and nothing takes its name" {
	assert_refused mv /opt/vendor/bin/viewer /opt/elsewhere/
	assert_code_record action=rename path=/opt/vendor/bin/viewer
	assert_refused mv /opt/elsewhere/libplugin.so /opt/vendor/lib/
	assert_refused ln /opt/vendor/bin/viewer /opt/elsewhere/viewer
	assert_code_record action=link path=/opt/vendor/bin/viewer
	assert_refused ln /opt/elsewhere/libplugin.so /opt/vendor/lib/linked.so
	assert_refused exchange /opt/vendor/share /opt/vendor/etc
	assert_allowed lab mv /opt/vendor/lib/libplugin.so /opt/vendor/lib/moved.so
	assert_allowed lab mv /opt/vendor/lib/moved.so /opt/vendor/lib/libplugin.so
	assert_allowed exchange /opt/vendor/share /opt/elsewhere
	assert_allowed exchange /opt/vendor/share /opt/elsewhere
	assert_allowed mv /opt/vendor/share /opt/vendor/shared
	assert_allowed mv /opt/vendor/shared /opt/vendor/share
}

@test "code: the directories and links that lead to it stay" {
	assert_refused mv /opt/vendor /opt/away
	assert_code_record action=rename path=/opt/vendor
	assert_refused mv /opt /away
	assert_refused rm /opt/config
	assert_code_record action=delete path=/opt/config
	assert_refused ln -sfn /opt/elsewhere /opt/config
	assert_allowed lab mv /opt/vendor /opt/away
	assert_allowed lab mv /opt/away /opt/vendor
	assert_allowed mv /opt/elsewhere /opt/somewhere
	assert_allowed mv /opt/somewhere /opt/elsewhere
}

@test "code: nothing is mounted over it" {
	assert_refused $BUSYBOX mount -t tmpfs none /opt/vendor/etc
	assert_code_record action=mount path=/opt/vendor/etc
	assert_refused $BUSYBOX mount -t tmpfs none /opt
	assert_refused $BUSYBOX mount --bind /opt/elsewhere /usr/lib
	assert_refused unshare -m "$BUSYBOX" mount -t tmpfs none /opt/vendor/lib
	assert_allowed unshare -m "$BUSYBOX" mount -t tmpfs none /opt/elsewhere
	assert_allowed unshare -m "$BUSYBOX" mount --bind /opt/vendor/lib /opt/elsewhere
	assert_allowed lab unshare -m "$BUSYBOX" mount -t tmpfs none /opt/vendor/lib
}

@test "code: a member maps as code only what is its own" {
	assert_allowed mapper map /opt/vendor/lib/libplugin.so
	assert_allowed mapper map /usr/bin/tac
	assert_allowed mapper later /run/vm/lib/libplugin.so
	assert_refused mapper map /opt/elsewhere/libplugin.so
	assert_record type=tamper action=exec verdict=deny subject=viewer path=/opt/elsewhere/libplugin.so
	assert_refused mapper later /opt/elsewhere/libplugin.so
	assert_refused mapper map /opt/vendor/share/font
	assert_refused mapper map /opt/vendor/bin/next
	# Who is in no subject maps what he likes.
	cp /usr/local/bin/mapper /opt/elsewhere/
	assert_allowed /opt/elsewhere/mapper map /opt/elsewhere/libplugin.so
	assert_allowed /opt/elsewhere/mapper later /opt/elsewhere/libplugin.so
}

@test "code: a library that is handed to a member is not its own" {
	assert_allowed env LD_PRELOAD=/opt/elsewhere/libplugin.so /opt/vendor/bin/viewer /srv/dicom/code.dcm
	[ "$output" = image ]
	assert_no_record type=tamper
	assert_refused sh -c 'echo /opt/elsewhere/libplugin.so > /etc/ld.so.preload'
	assert_code_record action=create path=/etc/ld.so.preload
	assert_refused sh -c 'echo /opt/elsewhere > /etc/ld.so.conf.d/elsewhere.conf'
	assert_refused rm /etc/ld.so.cache
}

@test "code: a program that an updater puts in its place is the program" {
	assert_allowed /opt/vendor/bin/viewer /srv/dicom/code.dcm
	assert_allowed lab cp /opt/vendor/bin/next /opt/vendor/bin/viewer.new
	assert_refused mv /opt/vendor/bin/next /opt/vendor/bin/viewer
	assert_allowed lab mv /opt/vendor/bin/viewer.new /opt/vendor/bin/viewer
	mark
	assert_allowed /opt/vendor/bin/viewer /srv/dicom/code.dcm
	assert_record action=read verdict=allow subject=viewer exe=/opt/vendor/bin/viewer
	assert_refused /opt/vendor/bin/next /srv/dicom/code.dcm
}

@test "code: a member that runs stays one when an update replaces its program" {
	mkfifo /run/vm/wait
	background /run/vm/shown sh -c '/opt/vendor/bin/viewer /run/vm/wait /srv/dicom/code.dcm | cat'
	exec 8> /run/vm/wait
	assert_allowed lab cp /opt/vendor/bin/viewer /opt/vendor/bin/viewer.new
	assert_allowed lab mv /opt/vendor/bin/viewer.new /opt/vendor/bin/viewer
	apply_policy < /etc/phiward/policy.yaml
	assert_no_record action=adopt verdict=deny
	exec 8>&-
	wait_for grep -q image /run/vm/shown
	rm /run/vm/wait
	assert_record action=read verdict=allow subject=viewer path=/srv/dicom/code.dcm
}

@test "code: a descriptor from before the policy writes nothing" {
	idle_policy | apply_policy
	mkfifo /run/vm/say
	background /run/vm/wrote sh -c 'exec /opt/elsewhere/mapper write /opt/vendor/etc/viewer.conf < /run/vm/say'
	exec 8> /run/vm/say
	wait_for grep -q open /run/vm/wrote
	apply_policy < /etc/phiward/policy.yaml
	echo now >&8
	exec 8>&-
	wait_for grep -q "Permission denied" /run/vm/wrote
	assert_code_record action=write path=/opt/vendor/etc/viewer.conf
}

@test "code: permissive does not open it, and who is never blocked is no updater" {
	sed 's/^mode: .*/mode: permissive/' /etc/phiward/policy.yaml | apply_policy
	assert_allowed cat /srv/dicom/code.dcm
	assert_refused cp /usr/bin/tac /usr/bin/added
	assert_refused mapper map /opt/elsewhere/libplugin.so
	sed 's/^mode: .*/mode: enforce/; s/^    protect:.*/&\n    never_block: true/' \
		/etc/phiward/policy.yaml | apply_policy
	assert_allowed mapper map /opt/vendor/lib/libplugin.so
	assert_refused mapper map /opt/elsewhere/libplugin.so
}
