<?php

declare(strict_types=1);

namespace Swoole\NameResolver;

use Swoole\NameResolver;

use function Swoole\Coroutine\Http\get;
use function Swoole\Coroutine\Http\post;
use function Swoole\Coroutine\Http\request;

/** Services of a Nacos server. */
class Nacos extends NameResolver
{
    /** @param array{weight?: int, encoding?: string, namespaceId?: string} $options */
    public function join(string $name, string $ip, int $port, array $options = []): bool
    {
        return $this->checkResponse(post($this->url('', $name, [
            'port' => $port,
            'ip' => $ip,
            'healthy' => 'true',
            'weight' => $options['weight'] ?? 100,
            'encoding' => $options['encoding'] ?? 'utf-8',
            'namespaceId' => $options['namespaceId'] ?? 'public',
        ]), []));
    }

    public function leave(string $name, string $ip, int $port): bool
    {
        return $this->checkResponse(request($this->url('', $name, ['port' => $port, 'ip' => $ip]), 'DELETE'));
    }

    public function getCluster(string $name): ?Cluster
    {
        $response = get($this->url('/list', $name));
        $this->checkResponse($response);
        $result = \json_decode($response->getBody(), false, 512, \JSON_THROW_ON_ERROR);
        if (empty($result->hosts)) {
            return null;
        }
        $cluster = new Cluster();
        foreach ($result->hosts as $node) {
            $cluster->add($node->ip, $node->port, (int) $node->weight);
        }
        return $cluster;
    }

    private function url(string $path, string $name, array $query = []): string
    {
        $query['serviceName'] = $this->prefix . $name;
        return "{$this->baseUrl}/nacos/v1/ns/instance{$path}?" . \http_build_query($query);
    }
}
