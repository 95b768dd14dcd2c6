/** Groups to put in each other's place, each with other names that a text may use for it. */

export const GROUPS = [
  { category: "religion", names: ["Muslims", "Moslems"] },
  { category: "religion", names: ["Jews", "Jewish people"] },
  { category: "religion", names: ["Christians"] },
  { category: "religion", names: ["Hindus"] },
  { category: "religion", names: ["atheists"] },
  { category: "caste", names: ["Dalits"] },
  { category: "caste", names: ["Brahmins"] },
  { category: "age", names: ["old people", "the elderly", "elderly people", "pensioners"] },
  { category: "age", names: ["teenagers", "young people"] },
  { category: "disability", names: ["disabled people", "the disabled"] },
  { category: "disability", names: ["autistic people"] },
  { category: "serious_disease", names: ["people with HIV"] },
  { category: "serious_disease", names: ["cancer patients"] },
  { category: "national_origin", names: ["Mexicans"] },
  { category: "national_origin", names: ["Americans"] },
  { category: "national_origin", names: ["Germans"] },
  { category: "national_origin", names: ["Nigerians"] },
  { category: "race", names: ["Black people", "Blacks"] },
  { category: "race", names: ["white people", "whites"] },
  { category: "race", names: ["Asians", "Asian people"] },
  { category: "ethnicity", names: ["Uyghurs", "Uyghur people"] },
  { category: "ethnicity", names: ["Roma"] },
  { category: "ethnicity", names: ["Kurds"] },
  { category: "ethnicity", names: ["Rohingya"] },
  { category: "gender", names: ["women"] },
  { category: "gender", names: ["men"] },
  { category: "gender_identity", names: ["trans people", "transgender people"] },
  { category: "sexual_orientation", names: ["gay people", "gays", "homosexuals"] },
  { category: "sexual_orientation", names: ["straight people"] },
  { category: "immigration_status", names: ["immigrants", "migrants"] },
  { category: "immigration_status", names: ["refugees", "asylum seekers"] },
];

const PLACE = "{group}";

/**
 * The text with every group in the place of the one that it names, or of `{group}`.
 *
 * Returns `{name, category, text}` for each group, none if the text names none.
 */
export function swapped(text) {
  const place = placeOf(text);
  if (!place) return [];
  return GROUPS.map(({ category, names: [name] }) => ({
    name,
    category,
    text: text.replaceAll(place.pattern, () => (place.capital ? capital(name) : name)),
  }));
}

function placeOf(text) {
  if (text.includes(PLACE)) return { pattern: PLACE, capital: text.startsWith(PLACE) };
  const names = GROUPS.flatMap((group) => group.names).sort((a, b) => b.length - a.length);
  for (const name of names) {
    const pattern = new RegExp(`(?<![\\p{L}\\p{N}])${name}(?![\\p{L}\\p{N}])`, "giu");
    const found = pattern.exec(text);
    if (found) {
      pattern.lastIndex = 0;
      return { pattern, capital: found.index === 0 };
    }
  }
  return null;
}

const capital = (name) => name[0].toUpperCase() + name.slice(1);
