#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# image.sh NUMBER FILE: a small CT image of nobody, as DICOM. With DCMTK's dump2dcm.
set -euo pipefail

number=$1 file=$2
pixels=$(for ((i = 0; i < 128; i++)); do printf '%04x\\' $((i * 513 % 65536)); done)
dump2dcm -q /dev/stdin "$file" <<-EOF
(0008,0016) UI [1.2.840.10008.5.1.4.1.1.2]
(0008,0018) UI [2.25.1000$number]
(0008,0020) DA [20261124]
(0008,0060) CS [CT]
(0010,0010) PN [PHANTOM^NUMBER$number]
(0010,0020) LO [P-$number]
(0020,000d) UI [2.25.2000]
(0020,000e) UI [2.25.3000]
(0020,0013) IS [$number]
(0028,0002) US 1
(0028,0004) CS [MONOCHROME2]
(0028,0010) US 16
(0028,0011) US 16
(0028,0100) US 8
(0028,0101) US 8
(0028,0102) US 7
(0028,0103) US 0
(7fe0,0010) OW ${pixels%\\}
EOF
