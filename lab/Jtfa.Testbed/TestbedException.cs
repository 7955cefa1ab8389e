namespace Jtfa.Testbed;

/// <summary>The testbed cannot go on; the message is one line that names the thing and says what to do.</summary>
public sealed class TestbedException(string message, Exception? inner = null) : Exception(message, inner);
