import { Command } from 'commander'
import { UsageError } from '../contract/usageError.js'
import { EXIT_FAILED, EXIT_PASS } from './exitCodes.js'

interface ReportOptions {
  format?: string
  view?: string
  out?: string
}

/** The command line of `report`. */
export function reportCommand(): Command {
  return new Command('report')
    .description(
      'Render a run again, merge several, or export them for programs that watch figures over time.',
    )
    .argument('[runs...]', 'run folders, such as results/runs/NAME')
    .option(
      '--format <format>',
      'table, json, csv, github-action-benchmark, otava or otava-config on stdout (default table)',
    )
    .option(
      '--view <view>',
      'best (of each contract), crossovers (where the winner changes) or costs (what is paid elsewhere), in place of all cells',
    )
    .option('--out <dir>', 'write the merged run as a run folder; must be new or empty')
    .action(async (runs: string[], options: ReportOptions) => {
      process.exitCode = await act(runs, options)
    })
}

async function act(paths: readonly string[], options: ReportOptions): Promise<number> {
  if (paths.length === 0) {
    throw new UsageError('report', 'no run is given', [], 'for example: report results/runs/NAME')
  }
  // Loaded only then: `--help` answers at once.
  const [{ report }, { parseView }, { workloadDefaults }, { parseReportFormat }, { colourWanted }] =
    await Promise.all([
      import('../report/report.js'),
      import('../report/views/views.js'),
      import('./workloadDefaults.js'),
      import('../report/formats.js'),
      import('../report/colour.js'),
    ])
  const { stdout, stderr, env } = process
  const format = parseReportFormat(options.format ?? 'table')
  const view = options.view === undefined ? null : parseView(options.view)
  const { text, warnings, failed, folder } = await report(
    { paths, format, view, defaultsOf: workloadDefaults, out: options.out ?? null },
    { colour: colourWanted(stdout, env) },
  )
  for (const warning of warnings) stderr.write(`warning: ${warning}\n`)
  stdout.write(text)
  if (folder !== null) stderr.write(`results: ${folder}\n`)
  return failed ? EXIT_FAILED : EXIT_PASS
}
