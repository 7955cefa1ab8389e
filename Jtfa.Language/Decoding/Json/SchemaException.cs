namespace Jtfa.Language.Decoding;

/// <summary>A JSON schema that is wrong or says what the constraint cannot hold a text to; the message is one line that names it.</summary>
/// <param name="message">What and where.</param>
public sealed class SchemaException(string message) : Exception(message);
