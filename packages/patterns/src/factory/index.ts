export { createServiceFactory, type Product, type ServiceFactory } from "./service-factory.ts";
