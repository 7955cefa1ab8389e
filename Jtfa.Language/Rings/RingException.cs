namespace Jtfa.Language.Rings;

/// <summary>What a stage was given cannot be computed: it is damaged, or not of this ring. The message is one line.</summary>
/// <param name="message">What is wrong.</param>
public sealed class RingException(string message) : Exception(message);
