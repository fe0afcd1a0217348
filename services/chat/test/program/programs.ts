import { array, constantFrom, nat, record } from 'fast-check';
import { chatVerbs } from './chat-verbs.ts';
import { faultVerbs, nodeVerbs } from './fault-verbs.ts';
import { messageVerbs } from './message-verbs.ts';
import { type Step, type Verbs, isCut } from './step.ts';
import { type World, devicesInAll, peopleInAll } from './world.ts';

const common: Verbs = { ...messageVerbs, ...chatVerbs, ...faultVerbs };
const verbs: Verbs = { ...common, ...nodeVerbs };
const often = ['send', 'send', 'send', 'sendOverRest', 'edit', 'react', 'comeBack', 'comeBack'];

const programsOf = (names: string[]) =>
  array(
    array(
      record<Step>({
        verb: constantFrom(...names),
        who: nat({ max: devicesInAll - 1 }),
        other: nat({ max: peopleInAll - 1 }),
        chat: nat({ max: 5 }),
        nth: nat({ max: 12 }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    { minLength: 1, maxLength: 40, size: 'max' },
  );

export const programs = programsOf([...often, ...Object.keys(common)]);
/** Of a world in which nodes are killed, too. */
export const programsWithDeaths = programsOf([...often, ...Object.keys(verbs)]);

/** What stands in one group happens at the same time; refusals are answers too. */
export const run = async (world: World, program: Step[][]) => {
  for (const together of program)
    await Promise.all(
      together.map(async (step) => {
        try {
          await verbs[step.verb]!(world, step);
        } catch (error) {
          if (!isCut(error)) throw error;
        }
      }),
    );
};
