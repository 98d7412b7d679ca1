/** Matches a placeholder: `{{name}}`. */
const PLACEHOLDER = /\{\{([a-z][a-zA-Z]*)\}\}/g;

/**
 * Fills a template's placeholders. Each value goes through `quote`, the escaping of the template's format;
 * an unknown placeholder and a value that is not used are bugs and throw.
 */
export function fillTemplate(
  template: string,
  values: Readonly<Record<string, string>>,
  quote: (value: string) => string,
): string {
  const unused = new Set(Object.keys(values));
  const text = template.replace(PLACEHOLDER, (_whole, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`template has an unknown placeholder '${name}'`);
    unused.delete(name);
    return quote(value);
  });
  if (unused.size > 0) throw new Error(`template has no placeholder '${[...unused].join("', '")}'`);
  return text;
}
