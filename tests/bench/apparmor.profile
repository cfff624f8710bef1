# SPDX-License-Identifier: BSD-2-Clause
# A profile as a service has one, on the program that measures.
profile measure /usr/local/bin/measure {
  capability,
  network inet,
  network inet6,
  network unix,
  signal,

  /etc/ld.so.cache r,
  /usr/lib/** mr,
  /usr/local/bin/* mrix,
  /srv/dicom/** rwk,
  /srv/public/** rwk,
  /mnt/** rwk,
  /mnt/measure* rix,
  /run/vm/** rw,
  /var/log/measure/* rw,
  /dev/null rw,
  /dev/pts/* rw,
  owner /proc/*/status r,
}
