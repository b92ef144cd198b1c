import type { Environment } from '../harness/environment.js'

/** Machines of one class may be expected to scatter alike; what was measured on another one says nothing here. */
export function machineClass(environment: Environment): string {
  const { cpu_model, cores, hypervisor } = environment
  const place = hypervisor === null ? '' : hypervisor ? ', virtual' : ', bare metal'
  return `${cpu_model ?? 'unknown CPU'}, ${cores} cores${place}`
}
