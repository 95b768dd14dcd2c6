"""DehumCheck: its size, its cells, its grammar, and the words that it leaves to others."""

import csv
import gzip
import itertools
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from upstander.evaluation.suites import SUITES, dehumcheck, hatecheck
from upstander.evaluation.suites.case import key
from upstander.evaluation.suites.dehumcheck import expand
from upstander.evaluation.suites.dehumcheck.groups import by_plural, every_group
from upstander.models.labels import MECHANISMS, TARGETS

CASES = dehumcheck.load(Path())
ROWS = list(expand.rows())
TEMPLATES = [template for cell in expand.cells().values() for template in cell]
LATER = expand.cells_of_version_2()
FIRST = [case for case in CASES if case.functionality not in LATER]

NO_GROUP = {
    "literal", "unprotected_group", "individual", "object",
    "everyday_idiom", "code_and_logs", "small_talk", "creatures_and_food",
}  # fmt: skip
"""Cells whose cases name no protected group, but for a few."""

# The training sets may use these; a text of the suite that has one would not test generalisation.
LEFT_TO_TRAINING = re.compile(
    r"\b(lice|louse|maggots?|termites?|fleas?|ticks?|leech(?:es)?|locusts?|mouse|mice|bedbugs?"
    r"|mosquito(?:e?s)?|weevils?|tapeworms?|hyenas?|swine|goats?|donkeys?|jackals?|mutts?"
    r"|mongrels?|baboons?|gorillas?|livestock|sheep|epidemics?|tumours?|contagions?|germs?"
    r"|bacteria|gangrene|malaria|rot|sewage|sludge|muck|litter|slime|dregs|manure|stench|mould"
    r"|fiends?|ghouls?|imps?|orcs?|goblins?|zombies?|ogres?|appliances?|furniture|gadgets?"
    r"|engines?|puppets?|mannequins?|merchandise|cargo|inventory|dolls?|props?|cogs?|equipment"
    r"|spare parts?|persons|mankind|humankind|humanoids?|homo sapiens|conscience|emotions?|brains?"
    r"|intellect|reasons?|instincts?|sentient|pains?"
    r"|sikhs?|buddhists?|mormons?|catholics?|atheists?|quakers?|yazidis?|protestants?|shudras?"
    r"|kshatriyas?|burakumin|untouchables?|boomers?|seniors?|toddlers?|gen z|retirees?"
    r"|blind people|down syndrome|amputees?|epilepsy|dwarfism|tuberculosis|diabetics?|hepatitis"
    r"|aids|covid|italians?|turks?|somalis?|koreans?|brazilians?|russians?|filipinos?"
    r"|people of colou?r|biracial|brown people|african americans?|armenians?|hazaras?|aboriginal"
    r"|native americans?|latinos?|arabs?|girls?|wife|wives|females?|mothers?|transgender"
    r"|genderqueer|homosexuals?|queer|asexual|pansexuals?|migrants?|newcomers?|undocumented"
    r"|foreigners?)\b"
)


def bare(text: str) -> str:
    """Lower case, without punctuation and with one space between words."""
    return " ".join(re.sub(r"[^\w\s]", "", text.lower()).split())


def test_it_is_a_suite_with_its_cases() -> None:
    cases = SUITES["dehumcheck"](Path())
    assert len(cases) >= 1500
    assert {case.label for case in cases} == {"dehumanization"}
    assert 2 * sum(case.expected for case in cases) <= len(cases)
    assert len({case.id for case in cases}) == len(cases)


def test_every_cell_has_cases_and_templates_enough_and_one_right_answer() -> None:
    cells = defaultdict(list)
    for case in CASES:
        cells[case.functionality].append(case)
    for cell, cases in cells.items():
        later = cell in LATER
        assert len(cases) >= (60 if later else 40), cell
        assert len({case.template for case in cases}) >= (20 if later else 5), cell
        assert len({case.expected for case in cases}) == 1, cell


def test_every_cell_about_groups_has_every_category() -> None:
    found = defaultdict(set)
    for case in CASES:
        found[case.functionality] |= case.categories
    without = {cell for cell, categories in found.items() if not categories}
    assert without <= NO_GROUP
    for cell in set(found) - without - LATER:
        assert found[cell] == set(TARGETS), cell
    for cell in LATER - NO_GROUP:
        assert found[cell], cell


def test_every_category_has_its_groups_on_both_sides() -> None:
    for expected in (True, False):
        named = defaultdict(set)
        for case in CASES:
            if case.expected == expected:
                for category in case.categories:
                    named[category].add(case.target)
        assert set(named) == set(TARGETS)
        assert min(len(groups) for groups in named.values()) >= 3


def test_every_mechanism_is_there_in_both_forms_and_negatives_have_none() -> None:
    positives = Counter((row.mechanism, row.form) for row in ROWS if row.expected == "yes")
    assert set(positives) == {(m, form) for m in MECHANISMS for form in ("explicit", "implicit")}
    assert min(positives.values()) >= 40
    assert {(row.mechanism, row.form) for row in ROWS if row.expected == "no"} == {("", "")}


def test_no_text_and_no_template_is_there_twice() -> None:
    assert Counter(bare(case.text) for case in CASES).most_common(1)[0][1] == 1
    assert Counter(t.text.lower() for t in TEMPLATES).most_common(1)[0][1] == 1


def test_the_file_is_what_the_templates_make() -> None:
    with dehumcheck.CASES.open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    assert written == [asdict(row) for row in ROWS]


def test_a_text_is_well_formed() -> None:
    for case in FIRST:
        text = case.text.removesuffix(" <3")
        assert text == text.strip(), case.id
        assert re.search(r"[\w.!?\"]$", text), case.id
        assert not re.search(r"[{}<>\[\]]|  ", text), case.id
        assert not re.search(r"\b(an?|the) (an?|the)\b", text, re.IGNORECASE), case.id
        assert not re.search(r"\ba [aeio]|\ban [^aeiouh]", text, re.IGNORECASE), case.id


def test_a_text_of_version_2_is_well_formed() -> None:
    for row in ROWS:
        if row.cell not in LATER:
            continue
        assert row.text == row.text.strip() != "", row.id
        assert not re.search(r"[\n\t~|]{2}|\{(group|one|singular|adj)\}", row.text, re.IGNORECASE)
        if not row.id.startswith("code_and_logs"):
            assert "  " not in row.text, row.id
        if row.id != row.template:
            assert not re.search(r"\b(an?|the) (an?|the)\b", row.text, re.IGNORECASE), row.id
            assert not re.search(r"\ba [aeio]|\ban [^aeiouh]", row.text, re.IGNORECASE), row.id


def test_a_single_text_names_a_group_of_the_list() -> None:
    known = by_plural()
    assert not {template.group for template in TEMPLATES} - set(known) - {""}
    assert all(set(group.categories) <= set(TARGETS) for group in known.values())
    assert len(known) == len(every_group()) == len({group.name for group in every_group()})


def test_a_template_about_world_groups_takes_an_unseen_group_and_two_others() -> None:
    unseen, named = dehumcheck.unseen_groups(), defaultdict(set)
    assert dehumcheck.world_cells() == {
        "world_explicit",
        "world_implicit",
        "denial",
        "world_mention",
    }
    for case in CASES:
        if case.functionality in dehumcheck.world_cells():
            named[case.template].add(case.target)
    assert len(set.union(*named.values())) >= 60
    for template, groups in named.items():
        assert (len(groups), len(groups & unseen)) == (3, 1), template


def test_the_world_is_spoken_of_with_every_mechanism() -> None:
    for cell in (
        "world_explicit",
        "world_implicit",
        "clear_referent",
        "sarcasm",
        "long_one_clause",
    ):
        own = Counter(case.mechanism for case in CASES if case.functionality == cell)
        assert set(own) == set(MECHANISMS), cell
    groups = {
        case.target
        for case in CASES
        if case.functionality in ("world_explicit", "world_implicit", "world_incitement")
    }
    assert len(groups) >= 80


def test_a_long_post_has_80_to_150_words() -> None:
    for case in CASES:
        if case.functionality.startswith("long_"):
            assert 80 <= len(case.text.split()) <= 150, case.id


def test_no_text_has_a_word_that_is_left_to_training() -> None:
    for case in FIRST:
        assert not LEFT_TO_TRAINING.search(case.text.lower()), case.id


def test_a_sentence_begins_with_a_capital_unless_the_template_is_in_lower_case() -> None:
    lower = {template.id for template in TEMPLATES if template.lower}
    for case in FIRST:
        if case.template in lower:
            assert case.text == case.text.lower()
        else:
            begins = re.findall(r"(?:^|[.!?]\"? )\"?(?:@\w+ )?(\w)", case.text)
            spelled = case.functionality in ("spell_dotted", "spell_spaced")
            assert spelled or all(letter.isupper() for letter in begins), case.text


def test_a_pattern_matches_every_text_and_nothing_else() -> None:
    patterns = dehumcheck.templates()
    for case in CASES:
        assert any(pattern.fullmatch(case.text.lower()) for pattern in patterns), case.id
    assert not any(pattern.fullmatch("my neighbours make tea.") for pattern in patterns)


def test_training_can_be_kept_apart_by_text_and_by_word() -> None:
    assert list(dehumcheck.withheld(Path())) == [case.text for case in CASES]
    terms = dehumcheck.group_terms()
    assert {"kurds", "a uyghur woman", "hiv-positive", "papuans", "buraku", "haitian"} <= terms
    assert not {"muslims", "black", "women", "tutsis", "roma"} & terms
    texts = " ".join(case.text.lower() for case in CASES)
    stems = [noun.removesuffix("y") for noun in dehumcheck.HEAD_NOUNS]
    assert [stem for stem in stems if stem not in texts] == []


def test_the_card_has_every_cell_with_its_count() -> None:
    card = (dehumcheck.CASES.parent / "README.md").read_text(encoding="utf-8")
    for cell, count in Counter(case.functionality for case in CASES).items():
        expected = next(case.expected for case in CASES if case.functionality == cell)
        templates = len({case.template for case in CASES if case.functionality == cell})
        row = f"| {cell} | {'yes' if expected else 'no'} | {count} | {templates} |"
        assert row in card


@pytest.mark.data
def test_no_template_is_one_of_hatechecks(real_data: Path) -> None:
    patterns = hatecheck.templates(real_data)
    theirs = {bare(text) for text in hatecheck.withheld(real_data)}
    for case in CASES:
        assert bare(case.text) not in theirs
        assert not any(pattern.fullmatch(case.text.lower()) for pattern in patterns), case.id


@pytest.mark.data
def test_the_names_held_out_of_training_are_marked(real_data: Path) -> None:
    def plurals(name: str) -> set[str]:
        with (real_data / "groups" / name).open(encoding="utf-8", newline="") as file:
            return {row["plural"].lower() for row in csv.DictReader(file)}

    marked = {plural.lower() for plural in dehumcheck.unseen_groups()}
    named = {plural.lower() for plural in by_plural()}
    assert plurals("unseen.csv") & named <= marked
    assert not plurals("train.csv") & marked


@pytest.mark.data
@pytest.mark.parametrize("every", [10, pytest.param(1, marks=pytest.mark.slow)])
def test_no_text_of_version_2_is_one_of_the_data_sets(every: int, real_data: Path) -> None:
    """Looked at is one row in so many: texts and data sets change with their checksums alone."""
    own = {key(case.text) for case in CASES if case.functionality in LATER}
    begins = {text[:10] for text in own}

    def letters(text: str) -> str:
        return re.sub(r"[^a-z0-9]+", "", text.lower())

    for path in sorted(real_data.rglob("*.jsonl.gz")):
        for text in texts_of(path, every):
            # Few of the hundreds of thousands need to be looked at as a whole.
            begin = letters(text[:30])[:10]
            assert (len(begin) == 10 and begin not in begins) or letters(text) not in own, path.name


def texts_of(path: Path, every: int) -> Iterator[str]:
    """The strings of a JSON-lines file that are as long as a case may be, of some of its rows."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in itertools.islice(lines, 0, None, every):
            row = json.loads(line)
            yield from (v for v in row.values() if isinstance(v, str) and 4 < len(v) < 1000)
