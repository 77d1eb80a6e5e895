/* Two stages side by side show the same place of their images. */
import type { Stage } from "./Stage";

export function linkViews(first: Stage, second: Stage): () => void {
  let busy = false;
  const follow = (from: Stage, to: Stage) => () => {
    if (busy) return;
    busy = true;
    to.follow(from.state.view);
    busy = false;
  };
  const ends = [first.subscribe(follow(first, second)), second.subscribe(follow(second, first))];
  follow(first, second)();
  return () => ends.forEach((end) => end());
}
