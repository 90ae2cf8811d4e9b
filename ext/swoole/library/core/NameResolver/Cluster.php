<?php

declare(strict_types=1);

namespace Swoole\NameResolver;

use Swoole\Exception;

/** The nodes of a service; each is taken once. */
class Cluster
{
    /** @var list<array{host: string, port: int, weight: int}> */
    private array $nodes = [];

    /** @throws Exception for an address, a port or a weight (0 to 100) that is none */
    public function add(string $host, int $port, int $weight = 100): void
    {
        if (!\filter_var($host, \FILTER_VALIDATE_IP)) {
            throw new Exception("Bad IP Address [{$host}]");
        }
        if ($port < 0 || $port > 65535) {
            throw new Exception("Bad Port [{$port}]");
        }
        if ($weight < 0 || $weight > 100) {
            throw new Exception("Bad Weight [{$weight}]");
        }
        $this->nodes[] = ['host' => $host, 'port' => $port, 'weight' => $weight];
    }

    /** @return array{host: string, port: int, weight: int}|false one of them, by chance; false when none is left */
    public function pop()
    {
        if ($this->nodes === []) {
            return false;
        }
        $at = \array_rand($this->nodes);
        $node = $this->nodes[$at];
        unset($this->nodes[$at]);
        return $node;
    }

    public function count(): int
    {
        return \count($this->nodes);
    }
}
