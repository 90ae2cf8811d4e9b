<?php

declare(strict_types=1);

namespace HighperTest;

/**
 * A program in a process of its own that ends by itself: what it printed, and its exit code.
 */
final class Console
{
    /** @param array<string, string> $environment added to the test's own */
    public function __construct(private readonly string $script, private readonly array $environment = [])
    {
    }

    /**
     * Runs it to its end.
     *
     * @return array{int, string, string} exit code (negative: the signal that ended it), standard output, standard error
     */
    public function run(array $words, string $input = '', float $seconds = 10.0): array
    {
        [$process, $out, $err] = $this->start($words, $input);

        return $this->end($process, $out, $err, $seconds);
    }

    /**
     * Starts it; `end()` with the same waits for it.
     *
     * @return array{resource, string, string} the process, and the files of its output and errors
     */
    public function start(array $words, string $input = ''): array
    {
        static $number = 0;
        $number++;
        [$in, $out, $err] = array_map(fn ($what) => temp_path("console-{$number}-" . getmypid() . ".{$what}"), ['in', 'out', 'err']);
        file_put_contents($in, $input);
        $php = getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY;
        $process = proc_open(
            [$php, $this->script, ...$words],
            [['file', $in, 'r'], ['file', $out, 'w'], ['file', $err, 'w']],
            $pipes,
            dirname($this->script),
            $this->environment + getenv(),
        );

        return [$process, $out, $err];
    }

    /** @return array{int, string, string} as run() */
    public function end($process, string $out, string $err, float $seconds = 10.0): array
    {
        $code = null;
        try {
            wait_until(function () use ($process, &$code) {
                $status = proc_get_status($process);
                $code = $status['signaled'] ? -$status['termsig'] : $status['exitcode'];

                return !$status['running'];
            }, "the end of {$this->script}", $seconds);
        } finally {
            if (proc_get_status($process)['running']) {
                proc_terminate($process, 9);
            }
            proc_close($process);
        }

        return [$code, file_get_contents($out), file_get_contents($err)];
    }
}
