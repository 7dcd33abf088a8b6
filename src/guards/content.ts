/**
 * Outside content goes to the model inside one boundary. Whatever in it could be read as that boundary is broken
 * first, so that the wrapped text holds exactly one opening and one closing tag.
 */
const BOUNDARY = /u[\W_]*n[\W_]*t[\W_]*r[\W_]*u[\W_]*s[\W_]*t[\W_]*e[\W_]*d[\W_]*d[\W_]*a[\W_]*t[\W_]*a/giu;

export function wrapUntrusted(source: string, content: string): string {
  return `<untrusted_data source="${attribute(source)}">\n${neutralise(content)}\n</untrusted_data>`;
}

function neutralise(content: string): string {
  return content
    .normalize('NFKC')
    .replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, '')
    .replace(BOUNDARY, 'data');
}

function attribute(source: string): string {
  return neutralise(source).replace(/[&<>"\n]/g, (character) => `&#${character.charCodeAt(0)};`);
}
