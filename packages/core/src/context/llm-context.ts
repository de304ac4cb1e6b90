export class LLMContext {}
