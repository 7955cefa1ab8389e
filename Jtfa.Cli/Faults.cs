using System.CommandLine;
using Jtfa.Client;
using Jtfa.Language.Files;
using Jtfa.Language.Kernels;
using Jtfa.Language.Serving;
using Jtfa.Silo;
using Microsoft.Extensions.Options;

namespace Jtfa.Cli;

/// <summary>What a user is told when something is wrong: one line a fault, and the exit code.</summary>
internal sealed record Faults(IReadOnlyList<string> Lines, int ExitCode)
{
    /// <summary>Exit code of a fault at run time.</summary>
    public const int FaultExitCode = 1;

    /// <summary>Exit code of a wrong argument or configuration value; a silo that cannot start has the same.</summary>
    public const int UsageExitCode = SiloStartException.ExitCode;

    /// <summary>Logs more, and shows the stack trace before the line of a fault.</summary>
    public static readonly Option<bool> Verbose = new("--verbose")
    {
        Description = "Log more, and show whole exceptions instead of one line a fault.",
        Recursive = true,
    };

    /// <summary>What to tell of an exception.</summary>
    /// <param name="exception">The exception.</param>
    /// <param name="isFault">Whether its message is for the user as it is, beyond what is known here.</param>
    public static Faults Explain(Exception exception, Predicate<Exception> isFault) => exception switch
    {
        SiloStartException { IsUnforeseen: true } start => new([.. start.Lines.Select(WithWhere)], SiloStartException.ExitCode),
        SiloStartException start => new(start.Lines, SiloStartException.ExitCode),
        AggregateException { InnerExceptions: [var only] } => Explain(only, isFault),
        AggregateException several => Explain([.. several.InnerExceptions.Select(inner => Explain(inner, isFault))]),
        UsageException => new([OneLine(exception.Message)], UsageExitCode),
        OptionsValidationException or ArgumentException or InvalidOperationException when SiloStartException.Explain(
            exception) is { } lines =>
            new(lines, UsageExitCode),
        _ when isFault(exception) => new([OneLine(exception.Message)], FaultExitCode),
        JtfaUnavailableException { NobodyAnswers: true } nobody =>
            new([$"no silo answers at {nobody.Address}: start one with 'jtfa silo' or name it with --server"], FaultExitCode),
        JtfaUnavailableException fault => new([OneLine(fault.Message)], FaultExitCode),
        JtfaNotFoundException or JtfaInvalidValueException => new([OneLine(exception.Message)], UsageExitCode),
        JtfaUnauthorizedException fault => new([$"{OneLine(fault.Message)}, as --token or in JTFA_TOKEN"], FaultExitCode),
        ModelFileException or KernelException or GenerationException => new([OneLine(exception.Message)], FaultExitCode),
        OperationCanceledException => new(["stopped"], FaultExitCode),
        _ => new(SiloStartException.Explain(exception) ?? [WithWhere(OneLine(exception.Message))], FaultExitCode),
    };

    private static Faults Explain(IReadOnlyList<Faults> several) =>
        new([.. several.SelectMany(faults => faults.Lines).Distinct()], several.Max(faults => faults.ExitCode));

    private static string WithWhere(string line) => $"{line} (--verbose shows where)";

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").Split(" (Parameter '")[0];
}

/// <summary>A command was given something it cannot work with; the message says what is allowed.</summary>
internal sealed class UsageException(string message) : Exception(message);
