// What wasm-bindgen exports for its own glue is nobody's to call.

import { Converter, ReflectionKind } from 'typedoc';

export function load({ converter }) {
  converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const made of project.getReflectionsByKind(ReflectionKind.Interface).filter(({ name }) => name === 'InitOutput')) {
      for (const child of [...(made.children ?? [])]) if (child.name !== 'memory') project.removeReflection(child);
    }
  });
}
