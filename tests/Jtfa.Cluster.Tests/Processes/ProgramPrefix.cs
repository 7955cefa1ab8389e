using System.Diagnostics;
using Jtfa.Testbed.Hosts;

namespace Jtfa.Cluster.Tests.Processes;

/// <summary>Has a program run elsewhere, by the command that stands before it.</summary>
internal static class ProgramPrefix
{
    /// <summary>What makes a program one of another host's.</summary>
    public static string[] Prefix(this NetworkNamespace network) => ["ip", "netns", "exec", network.Name];

    /// <summary>Puts a command before a program.</summary>
    public static void Precede(this ProcessStartInfo start, params string[] prefix)
    {
        string[] command = [.. prefix, start.FileName, .. start.ArgumentList];
        start.FileName = command[0];
        start.ArgumentList.Clear();
        foreach (var argument in command[1..]) start.ArgumentList.Add(argument);
    }
}
