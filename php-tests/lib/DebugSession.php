<?php

declare(strict_types=1);

namespace HighperTest;

/** One process under the step debugger. */
final class DebugSession
{
    private int $number = 0;
    private string $buffer = '';
    public readonly \SimpleXMLElement $init;

    /** @param resource $stream */
    public function __construct(private $stream)
    {
        stream_set_blocking($stream, false);
        $this->init = $this->receive();
    }

    /** Sends a command and waits for its answer: of `run`, that is the next break, or the end. */
    public function ask(string $command, float $seconds = 10.0): \SimpleXMLElement
    {
        $this->send($command);

        return $this->receive($seconds);
    }

    /** Sends a command whose answer is fetched later. */
    public function send(string $command): void
    {
        [$name, $rest] = explode(' ', $command, 2) + [1 => ''];
        fwrite($this->stream, $name . ' -i ' . ++$this->number . ($rest === '' ? '' : " {$rest}") . "\0");
    }

    /** Whether something comes within `$seconds`. */
    public function hears(float $seconds): bool
    {
        $read = [$this->stream];
        $none = null;

        return $this->buffer !== '' || stream_select($read, $none, $none, (int) $seconds, (int) (fmod($seconds, 1) * 1e6)) > 0;
    }

    public function receive(float $seconds = 10.0): \SimpleXMLElement
    {
        $end = microtime(true) + patience($seconds);
        while (!preg_match('/\A(\d+)\0/', $this->buffer, $found) || strlen($this->buffer) < strlen($found[0]) + $found[1] + 1) {
            if (microtime(true) > $end || feof($this->stream)) {
                throw new \RuntimeException('the debugged process said nothing; so far: ' . $this->buffer);
            }
            if ($this->hears(0.1)) {
                $this->buffer .= fread($this->stream, 65536);
            }
        }
        $packet = substr($this->buffer, strlen($found[0]), (int) $found[1]);
        $this->buffer = substr($this->buffer, strlen($found[0]) + (int) $found[1] + 1);

        return new \SimpleXMLElement($packet);
    }

    /** Hangs up: the process goes on, and waits for nobody when it ends. */
    public function close(): void
    {
        fclose($this->stream);
    }
}
