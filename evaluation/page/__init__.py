"""The report of an evaluation: one HTML file that needs no network, and the same in Markdown.

build         the sections of an evaluation, under their tabs
summary       the first page: 1,000 posts, then
  weaknesses    what the model is worst at
  whom          groups that it treats worse
suite         one suite: numbers, decisions, a heat map, its worst errors
pairs         the sections of a comparison and of a choice of thresholds
sections      what a report is made of
render        sections as a page, from page.html and page.css, and as Markdown
files         writes both; `stored` reads report.json, to make them again
words         names of suites and functionalities for people, from words.toml
drawing       how pictures are drawn, as SVG in the colours of the reader's theme
figures       the pictures of suites and groups
pair_figures  that of a choice of thresholds
provenance    what was run, on what, by what
"""
