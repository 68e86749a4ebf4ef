// Sample values, and what db-inspect says of a field as expectations about them.

/** A value of each kind. */
export const samples = {
  string: 'sample text',
  number: 12.5,
  bigint: 12n,
  boolean: true,
  date: new Date(0),
  array: [new Map()],
  json: { some: { deep: 'thing' } },
};

/** Whether the field may hold the sample of a kind. */
export function mayBe(field, kind) {
  if (field.kind === 'union') return field.members.some((member) => mayBe(member, kind));
  if (field.kind === 'enum') return false;
  return field.any || field.kind === kind || (field.kind === 'json' && ['json', 'array', 'date'].includes(kind));
}

/** What lies on and just beyond each bound. */
export function boundaries(field, expect) {
  const free = !field.refined && !field.format && !field.pattern && !field.transformed;
  const text = (length) => 'x'.repeat(Math.max(0, length));
  if (field.kind === 'enum' && !field.refined) {
    for (const value of field.values) expect(value, true, `'${value}'`);
    expect('no such value', false, 'another string');
  }
  if (field.kind === 'string') {
    if (field.maxLength !== undefined) expect(text(field.maxLength + 1), false, 'a text that is too long');
    if (field.minLength > 0) expect(text(field.minLength - 1), false, 'a text that is too short');
    if (free) expect(text(Math.max(field.minLength ?? 0, Math.min(field.maxLength ?? 3, 3))), true, 'a text that fits');
    if (free && field.maxLength !== undefined) expect(text(field.maxLength), true, 'a text of the greatest length');
    if (field.pattern !== undefined) expect('\u0000 no match \u0000', false, 'a text of another pattern');
    if (field.format && field.format !== 'emoji') expect('no such format!', false, 'a text of another format');
    if (field.format === 'uuid' && !field.refined) expect('6f1c1f5e-8c1b-4b0c-9d3e-2f9a5f0c7a11', true, 'a uuid');
    if (field.format === 'email' && !field.refined) expect('someone@example.com', true, 'an address');
  }
  if (field.kind === 'number') {
    if (field.minimum !== undefined) expect(field.minimum - 1, false, 'a number that is too small');
    if (field.maximum !== undefined) expect(field.maximum + 1, false, 'a number that is too large');
    if (field.exclusiveMinimum !== undefined) expect(field.exclusiveMinimum, false, 'the number itself');
    if (field.exclusiveMaximum !== undefined) expect(field.exclusiveMaximum, false, 'the number itself');
    if (field.integer) expect(1.5, false, 'a fraction');
    if (free && field.minimum !== undefined) expect(field.minimum, true, 'the smallest number');
    if (free && field.maximum !== undefined) expect(field.maximum, true, 'the largest number');
  }
  if (field.kind === 'array') items(field, expect);
}

/** A list that is too long or too short, and lists of what an item may and may not be. */
function items(field, expect) {
  const { items, maxLength, minLength } = field;
  if (maxLength !== undefined) {
    expect(Array(maxLength + 1).fill('someone@example.com'), false, 'a list that is too long');
  }
  if (minLength > 0) expect(Array(minLength - 1).fill('someone@example.com'), false, 'a list that is too short');
  if (items.kind === 'unresolved' || items.any || items.coerced || maxLength === 0) return;
  const free = !field.refined && !field.transformed;
  const length = Math.max(minLength ?? 1, 1);
  const expectList = (value, wanted, what) => {
    if (free || !wanted) expect(Array(length).fill(value), wanted, `a list of ${what}`);
  };
  for (const [kind, value] of Object.entries(samples)) {
    if (!mayBe(items, kind)) expectList(value, false, `a ${kind}`);
  }
  boundaries(items, expectList);
}
