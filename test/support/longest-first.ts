import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest, the longest first; one that is missing here, or gone, only makes a run a little longer. */
const LONGEST: readonly string[] = [
  'sweep/sweep.test.ts',
  'model/model.test.ts',
  'contract/vcs-conflicts.test.ts',
  'contract/vcs-conflicts-settled.test.ts',
  'contract/vcs-conflicts-paused.test.ts',
  'e2e/month.test.ts',
  'contract/vcs-hg-killed.test.ts',
  'contract/vcs-hg-extensions.test.ts',
];

/** Takes a second or two each. */
const SHORTEST = 'unit';

/**
 * Lets what takes long begin first, also on a clean checkout, which knows of no earlier run: a long file that begins
 * last leaves all cores but one idle. The kinds of tests are mixed, since some compute and others wait.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const place = (file: TestSpecification): number => {
      const at = LONGEST.indexOf(relative('test', relative(this.ctx.config.root, file.moduleId)));
      if (at !== -1) return at - LONGEST.length;
      const kind = sorted.filter(({ project }) => project.name === file.project.name);
      return file.project.name === SHORTEST ? 1 : kind.indexOf(file) / kind.length;
    };
    const places = new Map(sorted.map((file) => [file, place(file)]));
    return [...sorted].sort((one, other) => (places.get(one) ?? 0) - (places.get(other) ?? 0));
  }
}
