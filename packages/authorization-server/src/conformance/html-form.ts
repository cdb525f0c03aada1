/** A form of a sign-in page, as far as somebody without scripts can fill it in. */
export interface HtmlForm {
  readonly action: string
  readonly method: 'GET' | 'POST'
  /** The inputs by name, with what they hold. */
  readonly inputs: Readonly<Record<string, string>>
}

const FORM = /<form\b([^>]*)>([\s\S]*?)<\/form>/i
const INPUT = /<(?:input|button)\b([^>]*)>/gi
const ATTRIBUTE = /([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&quot;': '"',
  '&#39;': "'",
  '&#x27;': "'",
  '&lt;': '<',
  '&gt;': '>',
}

/** The first form of a page. `undefined`: it has none, and wants scripts or a person. */
export function findForm(page: string): HtmlForm | undefined {
  const [, attributes = '', content = ''] = FORM.exec(page) ?? []
  if (content === '') return undefined

  const { action = '', method = 'GET' } = attributesOf(attributes)
  const inputs = [...content.matchAll(INPUT)]
    .map(([, text = '']) => attributesOf(text))
    .filter(({ name }) => name !== undefined)
    .map(({ name = '', value = '' }) => [name, value])
  return {
    action,
    method: method.toUpperCase() === 'POST' ? 'POST' : 'GET',
    inputs: Object.fromEntries(inputs) as Readonly<Record<string, string>>,
  }
}

function attributesOf(text: string): Readonly<Partial<Record<string, string>>> {
  return Object.fromEntries(
    [...text.matchAll(ATTRIBUTE)].map(([, name = '', double, single, bare = '']) => [
      name.toLowerCase(),
      (double ?? single ?? bare).replaceAll(/&[#\w]+;/g, (entity) => ENTITIES[entity] ?? entity),
    ]),
  )
}
