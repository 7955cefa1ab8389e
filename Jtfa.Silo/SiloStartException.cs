using System.Net.Sockets;
using System.Text.RegularExpressions;
using Jtfa.Silo.Cameras;
using Jtfa.Silo.Decisions;
using Jtfa.Silo.Ingress;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo;

/// <summary>A silo cannot start because of its configuration or its surroundings.</summary>
/// <param name="lines">Why, in one line; one each where several settings are wrong.</param>
/// <param name="cause">What was thrown first.</param>
public sealed partial class SiloStartException(IReadOnlyList<string> lines, Exception? cause = null)
    : Exception(string.Join("; ", lines), cause)
{
    /// <summary>Exit code of a program whose silo cannot start.</summary>
    public const int ExitCode = 2;

    /// <summary>What the operator reads.</summary>
    public IReadOnlyList<string> Lines { get; } = lines;

    /// <summary>Whether nobody foresaw the cause, so that its stack trace is of use.</summary>
    public bool IsUnforeseen { get; private init; }

    /// <summary>Makes one of any exception.</summary>
    public static SiloStartException From(Exception cause) => cause as SiloStartException
        ?? (Explain(cause) is { } lines ? new(lines, cause) : new([OneLine(cause.Message)], cause) { IsUnforeseen = true });

    /// <summary>What an operator reads of an exception, a line a fault; null where nobody foresaw it.</summary>
    public static IReadOnlyList<string>? Explain(Exception cause) => cause switch
    {
        SiloStartException start => start.Lines,
        OptionsValidationException options => [.. options.Failures],
        AggregateException several =>
            [.. several.InnerExceptions.SelectMany(inner => Explain(inner) ?? [OneLine(inner.Message)]).Distinct()],
        InvalidOperationException binding when BindingFault(binding) is { } fault => [fault],
        CameraFaultException or DecisionLogException or IngressException or InvalidDataException or ArgumentException =>
            [OneLine(cause.Message)],
        AddressInUseException or IOException { InnerException: AddressInUseException }
            or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } =>
            [$"{OneLine(cause.Message).TrimEnd('.')}: another silo may run here; choose other ports (--http, --silo-port, --client-port)"],
        _ => null,
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

    // The configuration binder's own messages name the key and a type; ours name what is allowed. For a list, the binder wraps the item's
    // exception in another one.
    private static string? BindingFault(Exception exception)
    {
        if (exception.InnerException is InvalidOperationException inner && BindingFault(inner) is { } fault) return fault;
        if (Conversion().Match(exception.Message) is not { Success: true } conversion) return null;
        var type = conversion.Groups["type"].Value;
        return $"{conversion.Groups["key"]}='{conversion.Groups["value"]}': allowed is {Allowed(Type.GetType(type) ?? FindType(type))}";
    }

    private static Type? FindType(string name) =>
        AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetType(name)).FirstOrDefault(type => type is not null);

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").Split(" (Parameter '")[0];

    [GeneratedRegex("Failed to convert configuration value '(?<value>.*)' at '(?<key>.*)' to type '(?<type>.*)'")]
    private static partial Regex Conversion();
}
