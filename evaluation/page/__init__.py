"""The report of an evaluation: one HTML file that needs no network, and the same in Markdown.

build         the sections of an evaluation
render        sections as a page, from page.html and page.css, and as Markdown
sections      what a report is made of
pairs         the sections of a comparison and of a choice of thresholds
drawing       how pictures are drawn, as SVG
figures       the pictures of suites and groups
pair_figures  those of a comparison and of a choice of thresholds
provenance    what was run, on what, by what
"""
