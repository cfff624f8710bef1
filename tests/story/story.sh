#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The first days of the vendor's engineer, of hospital IT and of the auditor, as docs/first-day-*.md tell
# them, with three consoles.
. "$(dirname "$0")/lib.bash"

set_up
take_page vendor
play vendor 'The policy'
play vendor 'The test cases'
play vendor 'Keys'
play vendor 'The bundle'
play vendor 'What goes on the device'
play vendor 'The next version'
check "no step of a page is left out" "$(never_played)"
tap_end
