#!/usr/bin/env bash
# A nightly job: score every file of a folder that has no scores yet, and count what is to be looked at.
#
#     examples/nightly.sh INBOX OUTBOX        # cron: 0 3 * * *
#
# INBOX holds JSON lines with "id" and "text". A run that was killed goes on where it was. The exit
# status is 0 if all is well, 3 if rows could not be scored (they are listed beside the scores), 1 if
# a whole file could not: the others are scored, and the next night tries it again.
set -euo pipefail

inbox=$1
outbox=$2
mkdir -p "$outbox"
status=0
for posts in "$inbox"/*.jsonl; do
    [[ -e $posts ]] || { echo "nothing in $inbox"; exit 0; }
    scores="$outbox/$(basename "$posts" .jsonl).scores.jsonl"
    [[ -e $scores ]] && continue
    grep -q '[^[:space:]]' "$posts" || continue # nobody wrote anything
    code=0
    upstander score "$posts" --output "$scores" || code=$?
    case $code in
        0) ;;
        3) [[ $status == 1 ]] || status=3 ;;
        *)
            status=1
            continue
            ;;
    esac
    echo "$(basename "$posts"): $(grep -Ec '"band":"(review|act)"' "$scores" || true) to be looked at"
done
exit $status
