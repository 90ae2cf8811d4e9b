<?php

declare(strict_types=1);

namespace Highper\Psr;

use Closure;
use Highper\Application;
use Highper\Http\Request;
use Highper\Http\Response;
use Psr\Http\Message\ServerRequestInterface;
use Psr\Http\Server\MiddlewareInterface;

/** A PSR-15 middleware among native ones. */
final class Middleware
{
    public function __construct(private readonly MiddlewareInterface $inner, private readonly Messages $messages)
    {
    }

    /** For the application, which calls it for each PSR-15 middleware of its list. */
    public static function of(MiddlewareInterface $inner, Application $app): self
    {
        return new self($inner, Messages::of($app));
    }

    public function __invoke(Request $request, Closure $next): Response
    {
        // A PSR-15 middleware further out has left the request as it changed it.
        $psr = $request->attribute(ServerRequestInterface::class) ?? $this->messages->request($request);
        $handler = new Handler($this->messages, $request, $next);
        return $this->messages->native($this->inner->process($psr, $handler), $handler->native, $handler->answered);
    }
}
