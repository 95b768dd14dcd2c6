"""`upstander data audit`: duplicates, contradictions and doubtful labels.

repeats  texts that stand twice, that contradict each other, and that leak
issues   labels that the other rows speak against
report   all of it as a page
own      the same for files of one's own

Nothing is deleted or changed.
"""
