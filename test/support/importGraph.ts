import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'

/**
 * The floors of the architecture, lowest first. A file imports from lower floors, from its own place,
 * and from a neighbour on its own floor only where SAME_FLOOR says so. Types count as imports: what a
 * file's types name, its reader must know.
 */
const FLOORS = [
  ['contract', 'stats', 'records'],
  ['machine'],
  ['pagetable', 'strategies', 'workloads'],
  ['oracle'],
  ['engines'],
  ['registry', 'harness', 'gate', 'report', 'testing'],
  ['bench', 'scripts'],
]

const SAME_FLOOR: Record<string, string[]> = {
  // Whatever reads input refuses it with the contract's UsageError.
  stats: ['contract'],
  records: ['contract'],
  registry: ['harness'],
  harness: ['registry', 'gate', 'report'],
  gate: ['registry', 'harness', 'report'],
  // Puts strategies to the test with the harness's means; nothing but the entry points needs it.
  testing: ['registry', 'harness'],
  // Not the harness and not the registry: a report is made from records alone, so that any run can be
  // rendered again, one of a strategy that is gone included.
  report: ['gate'],
  // The entry points run the matrix that bench/ declares.
  scripts: ['bench'],
}

/** Places that import nothing but what is listed, packages and node: included. */
const CLOSED: Record<string, string[]> = {
  contract: [],
  strategies: ['contract'],
  workloads: ['contract'],
}

/** Downward, and forbidden all the same. */
const NEVER: Record<string, string[]> = {
  report: ['engines'],
}

const MAX_LINES = 300
/** Files that may be longer, each with its reason. */
const LONG_FILES = new Map<string, string>()

interface Import {
  /** As written. */
  specifier: string
  /** Path of the source below the root; undefined for packages and node: modules. */
  target?: string
}

type Graph = Map<string, Import[]>

/** All violations of the architecture below a folder that holds src/, bench/ and scripts/; empty when it is sound. */
export function violations(root: string): string[] {
  const found: string[] = []
  const graph: Graph = new Map()
  for (const file of sources(root)) {
    const text = readFileSync(join(root, file), 'utf8')
    graph.set(file, importsOf(file, text))
    if (placeOf(file) === undefined) found.push(`${file}: stands on no floor`)
    if (/^\s*export\s*(type\s*)?\*/m.test(text)) found.push(`${file}: export * hides where a name comes from`)
    const lines = text.trimEnd().split('\n').length
    if (file.startsWith('src/') && lines > MAX_LINES && !LONG_FILES.has(file)) {
      found.push(`${file}: ${lines} lines, more than ${MAX_LINES}`)
    }
  }
  for (const [file, imports] of graph) {
    for (const { specifier, target } of imports) {
      const reason = target === undefined ? refusalOfPackage(file) : refusal(root, file, target)
      if (reason !== undefined) found.push(`${file}: imports ${specifier}: ${reason}`)
    }
  }
  return [...found, ...cycles(graph)]
}

/** The TypeScript files below src/, bench/ and scripts/, as paths below the root. */
export function sources(root: string): string[] {
  return ['src', 'bench', 'scripts']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(
        (file) => `${folder}/${file}`,
      ),
    )
    .filter((file) => file.endsWith('.ts'))
    .sort()
}

/**
 * Regular expressions suffice because the formatter fixes how imports look. The third also finds
 * `import('x').Type`, the fourth how worker and child process files are named.
 */
const IMPORTS = [
  /^\s*(?:import|export)\b(?:[\w$*,\s]|\{[^}]*\})*?\bfrom\s*['"]([^'"]+)['"]/gm,
  /^\s*import\s*['"]([^'"]+)['"]/gm,
  /\bimport\(\s*['"`]([^'"`$]+)['"`]/g,
  /\bnew URL\(\s*['"`]([^'"`$]+\.js)['"`],\s*import\.meta\.url/g,
]

function importsOf(file: string, text: string): Import[] {
  return IMPORTS.flatMap((pattern) => [...text.matchAll(pattern)]).map((match) => {
    const specifier = match[1]
    if (!specifier.startsWith('.')) return { specifier }
    return { specifier, target: join(dirname(file), specifier).replace(/\.js$/, '.ts') }
  })
}

/** The place of a file, by its name in FLOORS; `registry` is src/registry.ts. */
function placeOf(file: string): string | undefined {
  const place = /^src\/(\w+)(?:\/|\.ts$)/.exec(file)?.[1] ?? /^(bench|scripts)\//.exec(file)?.[1]
  return place !== undefined && floorOf(place) >= 0 ? place : undefined
}

function floorOf(place: string): number {
  return FLOORS.findIndex((floor) => floor.includes(place))
}

function refusalOfPackage(file: string): string | undefined {
  const place = placeOf(file)
  return place !== undefined && place in CLOSED ? `${place} may import no packages` : undefined
}

function refusal(root: string, file: string, target: string): string | undefined {
  if (!existsSync(join(root, target))) return 'no such file'
  const from = placeOf(file)
  const to = placeOf(target)
  // Reported once, as standing on no floor.
  if (from === undefined) return undefined
  if (to === undefined) return 'it stands on no floor'
  if (from === to) return refusalInside(from, file, target)
  if (NEVER[from]?.includes(to)) return `${from} never imports ${to}`
  if (CLOSED[from] && !CLOSED[from].includes(to)) {
    return `outside of itself, ${from} may import ${CLOSED[from].join(', ') || 'nothing'}`
  }
  if (floorOf(to) > floorOf(from)) return `upwards, from ${from} to ${to}`
  if (floorOf(to) === floorOf(from) && !SAME_FLOOR[from]?.includes(to)) {
    return `${from} and ${to} are neighbours on one floor`
  }
  return undefined
}

function refusalInside(place: string, file: string, target: string): string | undefined {
  const [, , fromFolder] = file.split('/')
  const [, , toFolder] = target.split('/')
  if (place === 'strategies' || place === 'workloads') {
    // One file is one of them, and removing it breaks no other.
    return toFolder === 'shared' ? undefined : `${place} import each other through shared/ only`
  }
  if (place === 'engines' && isFolder(toFolder) && fromFolder !== toFolder) {
    return 'what engines share stands in src/engines itself'
  }
  return undefined
}

function isFolder(name: string | undefined): boolean {
  return name !== undefined && !name.endsWith('.ts')
}

/** One line for each cycle that a depth-first walk closes. */
function cycles(graph: Graph): string[] {
  const found: string[] = []
  const finished = new Set<string>()
  const path: string[] = []
  const visit = (file: string): void => {
    const at = path.indexOf(file)
    if (at >= 0) found.push(`cycle: ${[...path.slice(at), file].join(' > ')}`)
    if (at >= 0 || finished.has(file)) return
    path.push(file)
    for (const { target } of graph.get(file) ?? []) if (target !== undefined) visit(target)
    path.pop()
    finished.add(file)
  }
  for (const file of graph.keys()) visit(file)
  return found
}
