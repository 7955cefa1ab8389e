namespace Jtfa.Silo.Tests.Cameras;

/// <summary>Shell scripts that stand for an ffmpeg of another version.</summary>
internal static class FakeFfmpeg
{
    /// <summary>The first lines of <c>ffmpeg -version</c> of Ubuntu 22.04.</summary>
    public const string Ubuntu2204 = "ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright (c) 2000-2021 the FFmpeg developers";

    /// <summary>
    /// Makes a program that says it is of a version, each time with a line in the file <c>asked</c>, and does not know one option; all
    /// else the installed ffmpeg does for it.
    /// </summary>
    public static string Write(TemporaryFolder folder, string version, string unknown)
    {
        var path = folder.Write("ffmpeg", $$"""
            #!/bin/sh
            if [ "$1" = -version ]; then echo asked >> {{folder["asked"]}}; echo "{{version}}"; exit 0; fi
            for word in "$@"; do
              if [ "$word" = {{unknown}} ]; then
                echo "Unrecognized option '${word#-}'." >&2
                echo "Error splitting the argument list: Option not found" >&2
                exit 1
              fi
            done
            exec ffmpeg "$@"
            """);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }
}
