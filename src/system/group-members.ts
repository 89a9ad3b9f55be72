/** The members of a process group, and those that left it: on Linux, a mark in their environment tells whose they are. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** The variable with the mark. */
export const markVariable = 'NODROP_PROCESS';

export interface GroupMember {
  pid: number;
  /** A letter, as in `processState`. Zombies are no members. */
  state: string;
  /** False if it left the group: the mark tells that it belongs to it. */
  isInGroup: boolean;
}

/** `group`: the id of the group. `mark`: the value of the variable that its members inherit. */
export const membersOf = (group: number, mark: string): GroupMember[] =>
  (process.platform === 'linux' ? fromProc(group, mark) : fromPs(group)).filter(
    ({ state }) => state !== 'Z' && state !== 'X',
  );

function fromProc(group: number, mark: string): GroupMember[] {
  const assignment = `${markVariable}=${mark}\0`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
        // The name of the program comes before, and may contain anything.
        const [state = '', , itsGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const isInGroup = Number(itsGroup) === group;
        const isMember = isInGroup || readFileSync(`/proc/${name}/environ`, 'latin1').includes(assignment);
        return isMember ? [{ pid: Number(name), state, isInGroup }] : [];
      } catch (error) {
        // It ended meanwhile, or is another user's.
        if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? ''))
          return [];
        throw error;
      }
    });
}

function fromPs(group: number): GroupMember[] {
  const listed = execFileSync('ps', ['-A', '-o', 'pid=,pgid=,state='], { encoding: 'utf8' });
  return listed.split('\n').flatMap((line) => {
    const [pid, itsGroup, state = ''] = line.trim().split(/\s+/);
    return Number(itsGroup) === group ? [{ pid: Number(pid), state: state.charAt(0), isInGroup: true }] : [];
  });
}
