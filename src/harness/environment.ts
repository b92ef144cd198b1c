import { execFileSync } from 'node:child_process'
import { readFileSync, realpathSync } from 'node:fs'
import {
  arch,
  availableParallelism,
  cpus,
  freemem,
  loadavg,
  platform,
  release,
  totalmem,
  version,
} from 'node:os'
import { fileURLToPath } from 'node:url'

/** Where and with what a run was measured. Null is unknown: a machine without the file, or not a Linux. */
export interface Environment {
  cpu_model: string | null
  cores: number
  /** Visible under a hypervisor only; null where the CPU's flags are not told. */
  hypervisor: boolean | null
  governor: string | null
  kernel: string
  os: string
  node: string
  v8: string
  node_options: string | null
  memory_bytes: number
  memory_free_bytes: number
  /** Commit of the product's own checkout; null when it was installed as a package. */
  git_commit: string | null
  git_dirty: boolean | null
}

/** What other programs did to the machine meanwhile; read before and after. */
export interface MachineLoad {
  time: string
  load_average_1min: number | null
  /** Ticks of 10 ms, over all CPUs since boot, in which the hypervisor ran somebody else. */
  steal_ticks: number | null
  /** Share of the last 10 s in which some task waited for a CPU, percent. */
  cpu_pressure_avg10: number | null
}

/** The product's own folder: this file is dist/src/harness/environment.js in it. */
const PRODUCT_ROOT = fileURLToPath(new URL('../../../', import.meta.url))

export function readEnvironment(): Environment {
  const cpuinfo = readText('/proc/cpuinfo')
  const flags = cpuinfo === null ? null : /^flags\s*:(.*)$/m.exec(cpuinfo)
  const git = readGit()
  return {
    cpu_model: cpus()[0]?.model.trim() || null,
    cores: availableParallelism(),
    hypervisor: flags === null ? null : /\bhypervisor\b/.test(flags[1]),
    governor: readText('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor')?.trim() ?? null,
    kernel: `${release()} ${version()}`,
    os: osName(),
    node: process.version,
    v8: process.versions.v8,
    node_options: [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ').trim() || null,
    memory_bytes: totalmem(),
    memory_free_bytes: freemem(),
    git_commit: git?.commit ?? null,
    git_dirty: git?.dirty ?? null,
  }
}

export function readLoad(): MachineLoad {
  const stat = readText('/proc/stat')
  // cpu user nice system idle iowait irq softirq steal ...
  const steal = stat === null ? undefined : /^cpu\s+(?:\d+\s+){7}(\d+)/m.exec(stat)?.[1]
  const pressure = readText('/proc/pressure/cpu')
  const avg10 = pressure === null ? undefined : /^some avg10=([\d.]+)/m.exec(pressure)?.[1]
  return {
    time: new Date().toISOString(),
    load_average_1min: platform() === 'win32' ? null : loadavg()[0],
    steal_ticks: steal === undefined ? null : Number(steal),
    cpu_pressure_avg10: avg10 === undefined ? null : Number(avg10),
  }
}

function osName(): string {
  const name = /^PRETTY_NAME="?([^"\n]*)/m.exec(readText('/etc/os-release') ?? '')?.[1]
  return `${name ?? platform()} ${arch()}`
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** Only of the product's own checkout: installed in somebody's node_modules, git would answer for their repository. */
function readGit(): { commit: string; dirty: boolean } | null {
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', PRODUCT_ROOT, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5000,
    })
  try {
    const top = git('rev-parse', '--show-toplevel').trim()
    if (realpathSync(top) !== realpathSync(PRODUCT_ROOT)) return null
    return { commit: git('rev-parse', 'HEAD').trim(), dirty: git('status', '--porcelain').trim() !== '' }
  } catch {
    return null
  }
}
