using System.CommandLine;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Jtfa.Client;
using Jtfa.Silo.Cameras;
using Jtfa.Silo.Decisions;
using Jtfa.Silo.Ingress;
using Jtfa.Testbed;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Jtfa.Cli;

/// <summary>What a user is told when something is wrong: one line a fault, and the exit code.</summary>
internal sealed partial record Faults(IReadOnlyList<string> Lines, int ExitCode)
{
    /// <summary>Exit code of a fault at run time.</summary>
    public const int FaultExitCode = 1;

    /// <summary>Exit code of a wrong argument or configuration value.</summary>
    public const int UsageExitCode = 2;

    /// <summary>Shows the stack trace instead of one line.</summary>
    public static readonly Option<bool> Verbose = new("--verbose")
    {
        Description = "Log more, and show whole exceptions instead of one line a fault.",
        Recursive = true,
    };

    /// <summary>What to tell of an exception.</summary>
    public static Faults Explain(Exception exception) => exception switch
    {
        OptionsValidationException options => new([.. options.Failures], UsageExitCode),
        AggregateException { InnerExceptions: [var only] } => Explain(only),
        AggregateException several => new([.. several.InnerExceptions.SelectMany(inner => Explain(inner).Lines).Distinct()], several.InnerExceptions.Max(inner => Explain(inner).ExitCode)),
        UsageException or ArgumentException => new([OneLine(exception.Message)], UsageExitCode),
        InvalidOperationException binding when BindingFault(binding) is { } fault => new([fault], UsageExitCode),
        CameraFaultException or DecisionLogException or IngressException or TestbedException or InvalidDataException => new([OneLine(exception.Message)], FaultExitCode),
        JtfaUnavailableException { NobodyAnswers: true } nobody => new([$"no silo answers at {nobody.Address}: start one with 'jtfa silo' or name it with --server"], FaultExitCode),
        JtfaUnavailableException fault => new([OneLine(fault.Message)], FaultExitCode),
        JtfaUnauthorizedException fault => new([$"{OneLine(fault.Message)}, as --token or in JTFA_TOKEN"], FaultExitCode),
        OperationCanceledException => new(["stopped"], FaultExitCode),
        SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } or IOException { InnerException: AddressInUseException } =>
            new([$"{OneLine(exception.Message).TrimEnd('.')}: another silo may run here; choose other TCP ports (--http, --silo-port, --client-port)"], FaultExitCode),
        _ => new([$"{OneLine(exception.Message)} (--verbose shows where)"], FaultExitCode),
    };

    /// <summary>What a value of a type may be.</summary>
    public static string Allowed(Type? type) => (type is null ? null : Nullable.GetUnderlyingType(type) ?? type) switch
    {
        { IsEnum: true } names => string.Join(", ", Enum.GetNames(names)),
        { } number when number == typeof(double) => "a number",
        { } flag when flag == typeof(bool) => "true or false",
        { } span when span == typeof(TimeSpan) => "a time span such as 7.00:00:00",
        _ => "a whole number",
    };

    // The configuration binder's own messages name the key, but speak of types; ours name what is allowed. What it says of a list it
    // says around what it says of the item.
    private static string? BindingFault(Exception exception)
    {
        if (exception.InnerException is InvalidOperationException inner && BindingFault(inner) is { } fault) return fault;
        if (Conversion().Match(exception.Message) is { Success: true } conversion)
            return $"{conversion.Groups["key"]}='{conversion.Groups["value"]}': allowed is {Allowed(Type.GetType(conversion.Groups["type"].Value) ?? FindType(conversion.Groups["type"].Value))}";
        return null;
    }

    private static Type? FindType(string name) =>
        AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetType(name)).FirstOrDefault(type => type is not null);

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").Split(" (Parameter '")[0];

    [GeneratedRegex("Failed to convert configuration value '(?<value>.*)' at '(?<key>.*)' to type '(?<type>.*)'")]
    private static partial Regex Conversion();
}

/// <summary>A command was given something it cannot work with; the message says what is allowed.</summary>
internal sealed class UsageException(string message) : Exception(message);
