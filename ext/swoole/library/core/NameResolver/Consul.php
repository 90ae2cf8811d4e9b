<?php

declare(strict_types=1);

namespace Swoole\NameResolver;

use Swoole\NameResolver;

use function Swoole\Coroutine\Http\get;
use function Swoole\Coroutine\Http\request;

/** Services of a Consul agent. */
class Consul extends NameResolver
{
    /** @param array{weight?: int} $options */
    public function join(string $name, string $ip, int $port, array $options = []): bool
    {
        $service = [
            'ID' => $this->getServiceId($name, $ip, $port),
            'Name' => $this->prefix . $name,
            'Address' => $ip,
            'Port' => $port,
            'EnableTagOverride' => false,
            'Weights' => ['Passing' => $options['weight'] ?? 100, 'Warning' => 1],
        ];
        return $this->put('register', \json_encode($service, \JSON_THROW_ON_ERROR));
    }

    public function leave(string $name, string $ip, int $port): bool
    {
        return $this->put('deregister/' . $this->getServiceId($name, $ip, $port));
    }

    public function enableMaintenanceMode(string $name, string $ip, int $port): bool
    {
        return $this->put('maintenance/' . $this->getServiceId($name, $ip, $port));
    }

    public function getCluster(string $name): ?Cluster
    {
        $response = get("{$this->baseUrl}/v1/catalog/service/{$this->prefix}{$name}");
        $this->checkResponse($response);
        $nodes = \json_decode($response->getBody(), false, 512, \JSON_THROW_ON_ERROR);
        if (!$nodes) {
            return null;
        }
        $cluster = new Cluster();
        foreach ($nodes as $node) {
            $cluster->add($node->ServiceAddress, $node->ServicePort, $node->ServiceWeights->Passing);
        }
        return $cluster;
    }

    private function put(string $path, ?string $body = null): bool
    {
        return $this->checkResponse(request("{$this->baseUrl}/v1/agent/service/{$path}", 'PUT', $body));
    }

    private function getServiceId(string $name, string $ip, int $port): string
    {
        return "{$this->prefix}{$name}_{$ip}:{$port}";
    }
}
