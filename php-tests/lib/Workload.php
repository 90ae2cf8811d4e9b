<?php

declare(strict_types=1);

namespace HighperTest;

/** A server that does a bit of everything at once, and the requests to check it by: for tools that watch PHP code run. */
final class Workload
{
    public const SERVER = <<<'PHP'
        <?php
        use Swoole\Coroutine as Co;
        // BEFORE
        interface Step { public function run(int $n): int; }
        final class Doubling implements Step {
            public function __construct(private Step|null $next = null) {}
            public function run(int $n): int { return $this->next ? 2 * $this->next->run($n) : $n; }
        }
        function naturals(int $upto): Generator {
            for ($i = 1; $i <= $upto; $i++) {
                if ($i === 2) { Co::sleep(0.001); }
                yield $i;
            }
        }
        function fails(int $n): never { Co::sleep(0.001); throw new DomainException("failed $n"); }
        function work(int $n): string {
            $wg = new Co\WaitGroup;
            $sum = 0;
            for ($c = 0; $c < 3; $c++) {
                $wg->add();
                go(function () use ($wg, &$sum, $n, $c) {
                    try {
                        foreach (naturals(3) as $i) { $sum += $i; }
                        go(fn () => Co::sleep(0.001));
                        if ($c === 1) { fails($n); }
                    } catch (DomainException $e) {
                        Co::sleep(0.001);
                        $sum += $e->getMessage() === "failed $n" ? 100 : -1000;
                    } finally {
                        $wg->done();
                    }
                });
            }
            $list = range(1, 8);
            usort($list, function ($a, $b) { static $calls = 0; if (++$calls % 5 === 0) { Co::sleep(0.001); } return $b <=> $a; });
            $fiber = new Fiber(function () use ($n) { $x = Fiber::suspend($n); Co::sleep(0.001); return $x + 1; });
            $got = $fiber->start();
            $fiber->resume($got);
            $wg->wait();
            return $sum . ' ' . (new Doubling(new Doubling(new Doubling)))->run($n) . ' ' . $list[0] . ' ' . $fiber->getReturn();
        }
        $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
        $http->set(['worker_num' => 1, 'log_level' => SWOOLE_LOG_WARNING]);
        $http->on('request', function ($q, $r) {
            $n = (int) ($q->get['n'] ?? 0);
            if ($n % 10 === 7) {
                $r->status(418);
            }
            if ($n % 100 === 13) {
                throw new LogicException('on purpose');
            }
            $r->end(work($n));
        });
        // AFTER
        $http->start();
        PHP;

    /** The server's code with more before and after it. */
    public static function server(string $before = '', string $after = ''): string
    {
        return str_replace(['// BEFORE', '// AFTER'], [$before, $after], self::SERVER);
    }

    /**
     * Sends `$requests` over `$connections` at once.
     *
     * @return list<string> what was wrong
     */
    public static function drive(Server $server, int $requests, int $connections = 20): array
    {
        $clients = [];
        for ($i = 0; $i < $connections; $i++) {
            $clients[] = new HttpClient($server->port, 20.0);
        }
        $wrong = [];
        for ($n = 0; $n < $requests; $n += $connections) {
            foreach ($clients as $i => $client) {
                $client->send('GET', '/?n=' . ($n + $i));
            }
            foreach ($clients as $i => $client) {
                $m = $n + $i;
                $answer = $client->receive();
                $status = $m % 100 === 13 ? 500 : ($m % 10 === 7 ? 418 : 200);
                $body = '118 ' . 4 * $m . ' 8 ' . $m + 1;
                if ($answer->status !== $status || $status !== 500 && $answer->body !== $body) {
                    $wrong[] = "{$m}: {$answer->status} {$answer->body}";
                }
            }
        }

        return $wrong;
    }

    /** The log without the exceptions that the workload throws on purpose. */
    public static function complaints(Server $server): string
    {
        $log = preg_replace('/^(?:.*(?:on purpose|INFO\b|JIT is incompatible).*|Stack trace:|#\d.*|  thrown in .*|\s*)\n/m', '', $server->log());

        return trim($log);
    }
}
